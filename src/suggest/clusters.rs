//! Groups of things that are all alike: agglomerative clustering with complete linkage.
//!
//! Two groups are as alike as the least alike two of their members, so a group at a threshold promises it of every pair in
//! it. (Average linkage promises nothing of a pair, and single linkage makes chains.)
//! Source: T. Sørensen, "A method of establishing groups of equal amplitude in plant sociology", 1948.

/// Groups of things, each with at least `at_least` between any two of it, joined from the most alike on; of groups that
/// are as alike, those with the first members. Members ascend, groups ascend by their first.
///
/// `alike` is symmetric, its diagonal does not matter.
pub(super) fn complete_linkage(mut alike: Vec<Vec<f64>>, at_least: f64) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = (0..alike.len()).map(|at| vec![at]).collect();
    while let Some((first, second)) = most_alike(&alike, &groups, at_least) {
        let joined = std::mem::take(&mut groups[second]);
        groups[first].extend(joined);
        let least: Vec<f64> = alike[first].iter().zip(&alike[second]).map(|(a, b)| a.min(*b)).collect();
        alike.iter_mut().zip(&least).for_each(|(row, least)| row[first] = *least);
        alike[first] = least;
    }
    groups.retain(|group| !group.is_empty());
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups
}

fn most_alike(alike: &[Vec<f64>], groups: &[Vec<usize>], at_least: f64) -> Option<(usize, usize)> {
    let mut best = None;
    let mut most = at_least;
    let there: Vec<usize> = (0..groups.len()).filter(|at| !groups[*at].is_empty()).collect();
    for (at, first) in there.iter().enumerate() {
        for second in &there[at + 1..] {
            let likeness = alike[*first][*second];
            if likeness > most || best.is_none() && likeness >= most {
                (best, most) = (Some((*first, *second)), likeness);
            }
        }
    }
    best
}
