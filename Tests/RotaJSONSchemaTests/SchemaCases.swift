import RotaHTTP
import Testing

/// A schema, with values that are valid (`+`) and values that are not (`-`).
struct SchemaCase: CustomTestStringConvertible {
    let group: String
    let schema: String
    let values: [(text: String, isValid: Bool)]

    var testDescription: String { "\(group): \(schema)" }

    /// Reads lines: `# group`, a schema, and the values below it.
    static func read(_ text: String) -> [SchemaCase] {
        var (cases, group): ([SchemaCase], String) = ([], "")
        for line in text.split(separator: "\n").map(String.init) {
            switch line.first {
            case "#": group = String(line.dropFirst(2))
            case "+", "-":
                guard let last = cases.popLast() else { continue }
                let value = (String(line.dropFirst(2)), line.first == "+")
                cases.append(SchemaCase(group: last.group, schema: last.schema, values: last.values + [value]))
            default: cases.append(SchemaCase(group: group, schema: line, values: []))
            }
        }
        return cases
    }
}
