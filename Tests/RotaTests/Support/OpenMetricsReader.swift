import Foundation

/// A strict reader of the OpenMetrics text format 1.0, as far as counters, gauges and summaries go.
struct OpenMetricsReader {
    struct Sample: Equatable {
        var name: String
        var attributes: [String: String]
        var value: Double
    }

    struct Mistake: Error {
        var line: Int
        var reason: String
    }

    private(set) var types: [String: String] = [:]
    private(set) var units: [String: String] = [:]
    private(set) var samples: [Sample] = []
    private var family = ""
    private var seen: Set<String> = []

    init(_ text: String) throws {
        guard text.hasSuffix("# EOF\n") else { throw Mistake(line: 0, reason: "no # EOF at the end") }
        let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            do {
                if line == "# EOF" {
                    guard index == lines.count - 1 else { throw Mistake(line: 0, reason: "# EOF is not the end") }
                } else if line.hasPrefix("# ") {
                    try readMetadata(line.dropFirst(2))
                } else {
                    try readSample(line)
                }
            } catch let mistake as Mistake {
                throw Mistake(line: index + 1, reason: mistake.reason)
            }
        }
    }

    private mutating func readMetadata(_ line: Substring) throws {
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else { throw Mistake(line: 0, reason: "metadata has three parts") }
        switch parts[0] {
        case "TYPE":
            guard types[parts[1]] == nil else { throw Mistake(line: 0, reason: "a family begins twice") }
            guard parts[1].wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil else {
                throw Mistake(line: 0, reason: "a bad name")
            }
            guard ["counter", "gauge", "summary"].contains(parts[2]) else {
                throw Mistake(line: 0, reason: "an unknown type")
            }
            family = parts[1]
            types[family] = parts[2]
        case "UNIT":
            guard parts[1] == family, family.hasSuffix("_" + parts[2]) else {
                throw Mistake(line: 0, reason: "a unit is the end of its family's name")
            }
            units[family] = parts[2]
        case "HELP":
            guard parts[1] == family else { throw Mistake(line: 0, reason: "help of another family") }
        default: throw Mistake(line: 0, reason: "unknown metadata")
        }
    }

    private mutating func readSample(_ line: Substring) throws {
        guard let match = line.wholeMatch(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)/),
            let value = Double(match.output.3)
        else { throw Mistake(line: 0, reason: "no sample: \(line)") }
        let name = String(match.output.1)
        let suffix = name.hasPrefix(family) ? String(name.dropFirst(family.count)) : "?"
        let attributes = try match.output.2.map(Self.attributes) ?? [:]
        switch types[family] {
        case "counter" where suffix == "_total" && value >= 0: break
        case "gauge" where suffix.isEmpty: break
        case "summary" where suffix == "_count" || suffix == "_sum": break
        case "summary"
        where suffix.isEmpty && Double(attributes["quantile"] ?? "").map { (0...1).contains($0) } == true:
            break
        default: throw Mistake(line: 0, reason: "\(name) is no sample of \(family)")
        }
        let key = name + attributes.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: "\u{0}")
        guard seen.insert(key).inserted else { throw Mistake(line: 0, reason: "a sample twice") }
        samples.append(Sample(name: name, attributes: attributes, value: value))
    }

    private static func attributes(_ text: Substring) throws -> [String: String] {
        var attributes: [String: String] = [:]
        var rest = text
        while !rest.isEmpty {
            guard let match = rest.prefixMatch(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,(?=.)|$)/),
                attributes[String(match.output.1)] == nil
            else { throw Mistake(line: 0, reason: "bad attributes: \(rest)") }
            attributes[String(match.output.1)] = unescaped(match.output.2)
            rest = rest[match.range.upperBound...]
        }
        return attributes
    }

    private static func unescaped(_ text: Substring) -> String {
        var out = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                out.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                out.append(character)
            }
        }
        return out
    }
}
