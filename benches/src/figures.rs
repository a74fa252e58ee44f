//! The figures of one server in one cell, and how they are combined and written.

use serde::Serialize;

use crate::load::{self, Round};
use crate::proc::Memory;

#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Figures {
    pub(crate) requests_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// CPU time of the server, user and system.
    pub(crate) cpu_ms_per_1000_requests: f64,
    pub(crate) rss_mib: f64,
    pub(crate) peak_rss_mib: f64,
}

impl Figures {
    pub(crate) fn of(rounds: &[Round], memory: Memory) -> Self {
        let mut latency = load::histogram();
        rounds.iter().for_each(|round| latency += &round.latency);
        let rates: Vec<f64> = rounds.iter().map(Round::per_second).collect();
        let requests: u64 = rounds.iter().map(|round| round.requests).sum();
        let cpu_ms: f64 = rounds.iter().map(|round| round.cpu.as_secs_f64() * 1e3).sum();
        let quantile_ms = |quantile| latency.value_at_quantile(quantile) as f64 / 1e6;
        Figures {
            requests_per_second: median(&rates),
            p50_ms: quantile_ms(0.5),
            p99_ms: quantile_ms(0.99),
            cpu_ms_per_1000_requests: cpu_ms * 1e3 / requests.max(1) as f64,
            rss_mib: mib(memory.rss_kib << 10),
            peak_rss_mib: mib(memory.peak_kib << 10),
        }
    }

    /// These figures as multiples of `other`'s; `round_ratios` are those of the pairs of rounds,
    /// whose median is steadier than the ratio of medians.
    pub(crate) fn over(&self, other: &Figures, round_ratios: &[f64]) -> Self {
        Figures {
            requests_per_second: median(round_ratios),
            p50_ms: self.p50_ms / other.p50_ms,
            p99_ms: self.p99_ms / other.p99_ms,
            cpu_ms_per_1000_requests: self.cpu_ms_per_1000_requests / other.cpu_ms_per_1000_requests,
            rss_mib: self.rss_mib / other.rss_mib,
            peak_rss_mib: self.peak_rss_mib / other.peak_rss_mib,
        }
    }
}

pub(crate) fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

/// A number with commas between thousands, without fraction.
pub(crate) fn count(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        let texts: Vec<String> = [0.0, 999.4, 1000.0, 1_234_567.0].into_iter().map(count).collect();
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!([median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0]), median(&[])], [2.0, 2.5, 0.0]);
    }
}
