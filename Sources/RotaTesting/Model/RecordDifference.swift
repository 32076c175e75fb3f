/// Describes where two values differ, by the lines of their dumps.
enum RecordDifference {
    /// Describes the first few lines in which two values differ.
    static func between(_ value: some Any, and expected: some Any) -> String {
        let (here, there) = (lines(of: value), lines(of: expected))
        let same = zip(here, there).prefix { $0 == $1 }.count
        func part(_ lines: [Substring]) -> String {
            lines.dropFirst(same).prefix(4).map { $0.trimmingPrefix(while: { $0 == " " }) }.joined(separator: "; ")
        }
        let path = here.prefix(same).suffix(2).map { $0.trimmingPrefix(while: { $0 == " " }) }.joined(separator: " ")
        return "after \"\(path)\" expected \"\(part(there))\", but got \"\(part(here))\""
    }

    private static func lines(of value: some Any) -> [Substring] {
        var text = ""
        dump(value, to: &text)
        return text.split(separator: "\n")
    }
}
