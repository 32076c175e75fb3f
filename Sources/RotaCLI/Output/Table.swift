/// An aligned table.
struct Table {
    /// The meaning of a cell, for its color.
    enum Tone: Sendable {
        case plain, good, bad, busy, faint
    }

    struct Cell {
        var text: String
        var tone = Tone.plain
    }

    var titles: [String]
    var rows: [[Cell]] = []

    /// The lines of the table.
    ///
    /// - Parameters:
    ///   - columns: The width to fit the table into by cutting its widest column, or `nil` for none.
    ///   - isColored: Whether cells have the colors of their tones.
    func lines(columns: Int? = nil, isColored: Bool = false) -> [String] {
        let texts = [titles] + rows.map { $0.map { SafeText.line($0.text) } }
        var widths = titles.indices.map { column in texts.map { SafeText.width($0[column]) }.max() ?? 0 }
        if let columns { Self.fit(&widths, into: columns - 2 * (widths.count - 1)) }
        return texts.enumerated().map { place, row in
            var line = ""
            for column in row.indices {
                let text = SafeText.cut(row[column], to: widths[column])
                let padding = String(repeating: " ", count: max(0, widths[column] - SafeText.width(text)))
                let tone = place == 0 ? .faint : rows[place - 1][column].tone
                line += isColored ? Self.colored(text, tone) : text
                if column < row.count - 1 { line += padding + "  " }
            }
            return line
        }
    }

    /// The narrowest that a column is cut to.
    private static let narrowest = 12

    private static func fit(_ widths: inout [Int], into columns: Int) {
        // Identifiers stay whole, so that they can be copied.
        while widths.reduce(0, +) > columns {
            guard let widest = widths.indices.dropFirst().max(by: { widths[$0] < widths[$1] }),
                widths[widest] > narrowest
            else { return }
            widths[widest] = max(narrowest, widths[widest] - max(1, widths.reduce(0, +) - columns))
        }
    }

    static func colored(_ text: String, _ tone: Tone) -> String {
        let code: String? =
            switch tone {
            case .plain: nil
            case .good: "32"
            case .bad: "31"
            case .busy: "33"
            case .faint: "2"
            }
        return code.map { "\u{1B}[\($0)m\(text)\u{1B}[0m" } ?? text
    }

    /// The tone of the state of a job or the status of an execution.
    static func tone(_ status: String) -> Tone {
        switch status {
        case "active", "succeeded", "executionSucceeded": .good
        case "failed", "expired", "executionFailed", "executionExpired": .bad
        case "running", "waiting", "queued": .busy
        case "paused", "draft", "completed", "canceled": .faint
        default: .plain
        }
    }
}
