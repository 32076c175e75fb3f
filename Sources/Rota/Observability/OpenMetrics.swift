import RotaCore
import RotaRetry
import RotaStore

extension SchedulerMetrics {
    /// The snapshot as OpenMetrics text 1.0, which Prometheus can read too.
    ///
    /// Serve it as `application/openmetrics-text; version=1.0.0; charset=utf-8`. Every name begins with `rota_`. No
    /// label has a value per job, so the number of series is bounded.
    public var openMetrics: String {
        var writer = OpenMetricsWriter()
        writeHoldings(to: &writer)
        writeDoings(to: &writer)
        write(lateness, "rota_lateness_seconds", "Time from the nominal date to the first attempt.", to: &writer)
        write(attemptDurations, "rota_attempt_duration_seconds", "Durations of attempts.", to: &writer)
        writer.end()
        return writer.text
    }

    private func writeHoldings(to writer: inout OpenMetricsWriter) {
        writer.begin("rota_jobs", .gauge, help: "Jobs in the store.")
        for state in [JobState.active, .paused, .draft, .completed] {
            writer.sample([("state", state.rawValue)], jobs[state] ?? 0)
        }
        writer.begin("rota_stored_executions", .gauge, help: "Executions in the store.")
        for status in ExecutionStatus.allCases {
            writer.sample([("status", status.rawValue)], executions[status] ?? 0)
        }
    }

    private func writeDoings(to writer: inout OpenMetricsWriter) {
        writer.begin("rota_queued_executions", .counter, help: "Executions that were queued, by source.")
        writer.samples(by: "source", Self.named(queued, \.rawValue))
        writer.begin("rota_skipped_occurrences", .counter, help: "Occurrences that did not fire, by reason.")
        writer.samples(by: "reason", Self.named(skipped, \.rawValue))
        writer.begin("rota_attempts", .counter, help: "Attempts that ended, by outcome.")
        writer.samples(
            by: "outcome",
            Self.named(attemptsFailed, \.rawValue).merging(["succeeded": attemptsSucceeded]) { $1 })
        writer.begin("rota_ended_executions", .counter, help: "Executions that ended, by status.")
        writer.samples(by: "status", Self.named(ended, \.rawValue))
        writer.begin("rota_retries", .counter, help: "Attempts that are followed by another one.")
        writer.sample([], retries)
        writer.begin("rota_released_executions", .counter, help: "Executions released without counting an attempt.")
        writer.sample([], released)
        writer.begin(
            "rota_lost_leases", .counter, help: "Ends of attempts that the store refused, because the lease was lost.")
        writer.sample([], leasesLost)
        writer.begin("rota_breaker_openings", .counter, help: "Times a breaker opened.")
        writer.sample([], breakersOpened)
    }

    private func write(
        _ distribution: Distribution, _ name: String, _ help: String, to writer: inout OpenMetricsWriter
    ) {
        writer.begin(name, .summary, unit: "seconds", help: help)
        writer.summary(
            quantiles: [
                ("0.5", distribution.median?.inSeconds), ("0.9", distribution.p90?.inSeconds),
                ("0.99", distribution.p99?.inSeconds), ("0.999", distribution.p999?.inSeconds),
            ], count: distribution.count, sum: distribution.sum.inSeconds)
    }

    private static func named<Key>(_ counts: [Key: Int], _ name: (Key) -> String) -> [String: Int] {
        Dictionary(counts.map { (name($0), $1) }) { $0 &+ $1 }
    }
}

/// Writes the OpenMetrics text format 1.0, one family at a time.
struct OpenMetricsWriter {
    enum Kind: String {
        case counter, gauge, summary
    }

    private(set) var text = ""
    private var family = ""
    private var kind = Kind.gauge

    /// Begins a family of metrics.
    ///
    /// - Parameters:
    ///   - name: The family's name, without `_total`. It ends with the unit if there is one.
    ///   - kind: The type of the metric.
    ///   - unit: `seconds`, or `nil` for plain numbers.
    ///   - help: The description.
    mutating func begin(_ name: String, _ kind: Kind, unit: String? = nil, help: String) {
        (family, self.kind) = (name, kind)
        text += "# TYPE \(name) \(kind.rawValue)\n"
        if let unit { text += "# UNIT \(name) \(unit)\n" }
        text += "# HELP \(name) \(Self.escaped(help))\n"
    }

    /// Writes a sample of a counter or gauge.
    mutating func sample(_ labels: [(String, String)], _ value: Int) {
        write(kind == .counter ? "_total" : "", labels, "\(value)")
    }

    /// Writes a family's samples, sorted by the value of one label.
    ///
    /// A family may have no samples.
    mutating func samples(by label: String, _ values: [String: Int]) {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) { sample([(label, name)], value) }
    }

    /// Writes the samples of a summary.
    mutating func summary(quantiles: [(String, Double?)], count: Int, sum: Double) {
        for (quantile, value) in quantiles {
            if let value { write("", [("quantile", quantile)], "\(value)") }
        }
        write("_count", [], "\(count)")
        write("_sum", [], "\(sum)")
    }

    /// Ends the text.
    mutating func end() {
        text += "# EOF\n"
    }

    private mutating func write(_ suffix: String, _ labels: [(String, String)], _ value: String) {
        let list = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        text += family + suffix + (list.isEmpty ? "" : "{\(list)}") + " \(value)\n"
    }

    /// Escapes the characters that would end a label's value or a line.
    private static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}
