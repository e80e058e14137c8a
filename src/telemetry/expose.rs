//! Metrics as text that Prometheus reads.

use crate::Metrics;

/// The content type of [`expose`]'s text.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All metrics in the OpenMetrics text format.
pub fn expose(metrics: &Metrics) -> String {
    let mut text = String::new();
    // Writing to a String does not fail; what cannot be encoded is left out.
    let _ = prometheus_client::encoding::text::encode(&mut text, metrics.registry());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Accepting, Authenticating, Finding, Listening, Outcome, names};
    use mox_clock::Timestamp;

    #[test]
    fn every_name_of_the_table_is_exposed_with_its_labels() {
        let metrics = Metrics::new(Timestamp::from_secs(1_795_342_830));
        metrics.watch_counter(names::DB_COMMITS, || 1);
        metrics.watch_counter(names::DB_COMMITS, || 7);
        metrics.watch_counter(names::DB_WRITES, || 70);
        metrics.watch_counter(names::DB_COMMITS_FAILED, || 0);
        metrics.watch_gauge(names::QUEUE_MESSAGES, || 3);
        metrics.panicked("smtpserver");
        metrics.smtpserver_connections.get_or_create(&Listening { port: 25 }).inc();
        metrics.smtpserver_open.get_or_create(&Listening { port: 25 }).inc();
        metrics.smtpserver_transactions.get_or_create(&Accepting { port: 25, result: "accepted" }).inc_by(2);
        metrics.deliveries.get_or_create(&Outcome { result: "delivered" }).inc();
        metrics.auth.get_or_create(&Authenticating { mechanism: "PLAIN", result: "ok" }).inc();
        metrics.mail_verdicts.get_or_create(&Finding { method: "spf", result: "pass" }).inc();
        metrics.queue_attempts.get_or_create(&Outcome { result: "delivered" }).inc();
        metrics.dmarc_evaluations.get_or_create(&Outcome { result: "reject" }).inc();
        metrics.tls_reports.get_or_create(&Outcome { result: "sealed" }).inc();
        metrics.dmarc_reports.get_or_create(&Outcome { result: "sealed" }).inc();
        metrics.tls_report_sessions.get_or_create(&Outcome { result: "success" }).inc();
        metrics.dmarc_report_messages.get_or_create(&Outcome { result: "passed" }).inc();
        metrics.dmarc_failure_reports.get_or_create(&Outcome { result: "delivered" }).inc();
        metrics.webhook_calls.get_or_create(&Outcome { result: "ok" }).inc();
        metrics.http_requests.get_or_create(&Outcome { result: "2xx" }).inc();
        let text = expose(&metrics);
        for line in [
            "# TYPE mox_db_commits counter",
            "mox_db_commits_total 7",
            "mox_queue_messages 3",
            "process_start_time_seconds 1795342830",
            "mox_smtpserver_transactions_total{port=\"25\",result=\"accepted\"} 2",
            "mox_authentication_total{mechanism=\"PLAIN\",result=\"ok\"} 1",
            "# EOF",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
        for name in names::ALL {
            let plain = format!("\n{}", name.name);
            let sample = text.split(&plain).nth(1).unwrap_or_else(|| panic!("{} in\n{text}", name.name));
            let sample = sample.lines().next().unwrap();
            for label in name.labels {
                assert!(sample.contains(&format!("{label}=\"")), "{} {label}: {sample}", name.name);
            }
        }
        assert_eq!(text.matches("# TYPE ").count(), names::ALL.len());
    }
}
