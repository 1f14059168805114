//! How much memory there is, and how much was used.

use datafusion::error::DataFusionError;

/// Where the system does not tell how much it has.
const FALLBACK: usize = 2 << 30;

/// Half of what the machine or the cgroup has: Arrow buffers and Parquet decoding are not tracked by the pool.
pub(super) fn default_limit() -> usize {
    let Ok(mut system) = sysinfo::System::new() else { return FALLBACK };
    system.refresh_memory();
    let total = system.cgroup_limits().map_or(system.total_memory(), |limits| limits.total_memory);
    usize::try_from(total / 2).unwrap_or(usize::MAX)
}

/// Reads a size such as `512MB`, `2GiB` or `1500000` into bytes (1 kB = 1000, 1 KiB = 1024 bytes).
///
/// # Errors
/// A sentence for people when it is none.
pub fn parse_memory(text: &str) -> Result<usize, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: f64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" => 1e3,
        "m" | "mb" => 1e6,
        "g" | "gb" => 1e9,
        "kib" => 1024.0,
        "mib" => 1024.0 * 1024.0,
        "gib" => 1024.0 * 1024.0 * 1024.0,
        other => return Err(format!("`{other}` is no unit of memory; write 512MB or 2GiB")),
    };
    let number: f64 = number.parse().map_err(|_| format!("`{text}` is no size; write 512MB or 2GiB"))?;
    let bytes = number * factor;
    if bytes < 64e6 {
        return Err(format!("{text} is too little; the engine wants 64MB and more"));
    }
    Ok(bytes as usize)
}

/// Whether an operator found no memory for what it had to hold: another way of computing may need less.
pub(crate) fn ran_out(error: &DataFusionError) -> bool {
    matches!(error.find_root(), DataFusionError::ResourcesExhausted(_))
}

/// The most memory that this process has held, in bytes, where the system tells.
pub fn peak_resident() -> Option<u64> {
    status("VmHWM:")
}

/// The memory that this process holds now, in bytes, where the system tells.
pub fn resident() -> Option<u64> {
    status("VmRSS:")
}

fn status(entry: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(entry))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::parse_memory;

    #[test]
    fn sizes_are_read_with_their_unit() {
        assert_eq!(parse_memory("512MB"), Ok(512_000_000));
        assert_eq!(parse_memory("1.5GiB"), Ok(1_610_612_736));
        assert!(parse_memory("512 parsecs").unwrap_err().contains("parsecs"));
        assert!(parse_memory("1kb").unwrap_err().contains("too little"));
    }
}
