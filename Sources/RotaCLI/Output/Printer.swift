import RotaHTTP

/// In which form a command prints what it found.
enum OutputFormat: String, CaseIterable, Sendable {
    case table
    /// A table with more columns.
    case wide
    case json
    /// One line of JSON for each item.
    case jsonl
    /// One identifier a line, for other commands.
    case ids
    /// Annotations of GitHub Actions; only `lint` has them.
    case github
}

/// A column of a list.
struct Column: Sendable {
    var title: String
    /// Whether only the wide format has it.
    var isWide = false
    var isStatus = false
    var value: @Sendable (JSONValue) -> String

    init(
        _ title: String, wide isWide: Bool = false, status isStatus: Bool = false,
        _ value: @escaping @Sendable (JSONValue) -> String
    ) {
        self.title = title
        self.isWide = isWide
        self.isStatus = isStatus
        self.value = value
    }

    /// A column that shows a member.
    init(_ title: String, _ member: String, wide isWide: Bool = false, status isStatus: Bool = false) {
        self.init(title, wide: isWide, status: isStatus) { $0[member]?.cell ?? "-" }
    }
}

/// Prints what commands found, in the form that was asked for.
struct Printer: Sendable {
    let console: Console
    let format: OutputFormat
    let times: Times
    let isColored: Bool

    /// A number of things: `1 job`, `2 jobs`.
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// Prints a line as it is.
    func line(_ text: String = "") { console.write(text + "\n") }

    /// Prints text from elsewhere, which may have several lines.
    func text(_ text: String) { line(SafeText.lines(text)) }

    /// Prints a remark for people, which programs do not want to read.
    func remark(_ text: String) {
        guard format == .table || format == .wide else { return }
        line(SafeText.lines(text))
    }

    /// Prints a list.
    ///
    /// - Parameters:
    ///   - items: The items.
    ///   - next: The cursor of the next page.
    ///   - isCut: Whether there are more items before it.
    ///   - columns: The columns of the table.
    ///   - nothing: What a table without rows says instead.
    ///   - id: The member that identifies an item.
    func list(
        _ items: [JSONValue], next: String? = nil, isCut: Bool = false, columns: [Column], nothing: String,
        id: String = "id"
    ) {
        switch format {
        case .json:
            line(
                JSONValue.record([("items", .array(items)), ("next", next.map { .string($0) } ?? .null)]).prettyText)
        case .jsonl: for item in items { line(item.safeText) }
        case .ids: for item in items { item[id]?.string.map { line(SafeText.line($0)) } }
        case .table, .wide, .github:
            guard !items.isEmpty else { return console.writeError(nothing + "\n") }
            let shown = columns.filter { format == .wide || !$0.isWide }
            var table = Table(titles: shown.map(\.title))
            table.rows = items.map { item in
                shown.map { column in
                    let text = column.value(item)
                    return Table.Cell(text: text, tone: column.isStatus ? Table.tone(text) : .plain)
                }
            }
            let columns = console.terminal.showsOutput && format != .wide ? console.terminal.width : nil
            for text in table.lines(columns: columns, isColored: isColored) { line(text) }
            if next != nil || isCut { console.writeError("There is more: use --all, or a larger --limit.\n") }
        }
    }

    /// Prints one record.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - fields: What people see of it, in order. Fields without a value are left out.
    func record(_ record: JSONValue, id: String = "id", _ fields: [(String, String?)]) {
        switch format {
        case .json: line(record.prettyText)
        case .jsonl: line(record.safeText)
        case .ids: record[id]?.string.map { line(SafeText.line($0)) }
        case .table, .wide, .github:
            let shown = fields.compactMap { name, value in value.map { (name, $0) } }
            let width = shown.map { SafeText.width($0.0) }.max() ?? 0
            for (name, value) in shown {
                let padding = String(repeating: " ", count: width - SafeText.width(name) + 2)
                let indent = String(repeating: " ", count: width + 2)
                let lines = SafeText.lines(value).replacing("\n", with: "\n" + indent)
                let isStatus = name == "state" || name == "status"
                let title = isColored ? Table.colored(name, .faint) : name
                line(title + padding + (isColored && isStatus ? Table.colored(lines, Table.tone(value)) : lines))
            }
        }
    }

    /// Prints the outcome of a change: a sentence for people, the record for programs.
    func changed(_ record: JSONValue, id: String = "id", _ sentence: String) {
        switch format {
        case .json: line(record.prettyText)
        case .jsonl: line(record.safeText)
        // A record without an identifier, such as a count, has no line.
        case .ids: record[id]?.string.map { line(SafeText.line($0)) }
        case .table, .wide, .github: line(SafeText.lines(sentence))
        }
    }
}
