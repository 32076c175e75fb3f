/// Writes the OpenMetrics text format 1.0, a family at a time.
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
    ///   - name: Its name, without `_total`; it ends with the unit if there is one.
    ///   - unit: `seconds`, or `nil` for plain numbers.
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

    /// Writes a family's samples in the order of one label's values; a family without samples is allowed.
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

    /// Escapes what ends a label's value or a line.
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
