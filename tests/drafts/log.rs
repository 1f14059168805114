//! Drafts by chance.

/// A sequence of numbers that looks random.
pub struct Log(u64);

impl Log {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below another one.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// A component that is a draft, in one of the forms of YAML.
    pub fn component(&mut self, at: u64) -> String {
        let (edge, points) = (self.below(9) + 1, self.below(5) + 1);
        let missing = ["worst", "best", "renormalise"][self.below(3) as usize];
        let value = ["n", "-n", "n * n", "CASE WHEN n > 4 THEN n END"][self.below(4) as usize];
        if self.below(2) == 0 {
            format!(
                "tried_{at}: {{title: Tried, status: draft, value: {value}, on_missing: {missing}, bins: [{{below: {edge}, points: 0}}, {{points: {points}}}]}}\n"
            )
        } else {
            format!(
                "tried_{at}:\n  title: Tried\n  status: draft\n  value: {value}\n  on_missing: {missing}\n  bins:\n  - {{below: {edge}, points: {points}}}\n  - {{points: 0}}\n"
            )
        }
    }

    /// A draft that uses it.
    pub fn draft(&mut self, at: u64) -> String {
        let mut text = format!("title: Draft {at}\nversion: '{}'\nstatus: draft\n", self.below(9));
        if self.below(3) > 0 {
            text += "replaces: health\n";
            if self.below(2) == 0 {
                text += &format!("challenge: {{share: 0.{}, salt: s{at}}}\n", self.below(9) + 1);
            }
        }
        let weights = [self.below(5) + 1, self.below(5) + 1];
        text += &format!("components: {{rate: {}, tried_{at}: {}}}\n", weights[0], weights[1]);
        if self.below(2) == 0 {
            text += "overrides: true\n";
        }
        if self.below(2) == 0 {
            text += "rounding: 0\n";
        }
        text + &format!(
            "tiers: [{{name: low, below: {}, at_risk: true}}, {{name: high}}]\n",
            self.below(90) + 5
        )
    }
}
