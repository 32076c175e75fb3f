/// Where two values differ, in words: the lines of their dumps that are not the same.
enum RecordDifference {
    /// The lines in which two values differ, at most a handful; a pair of values of one kind is easiest to read.
    static func between(_ value: some Any, and expected: some Any) -> String {
        let (here, there) = (lines(of: value), lines(of: expected))
        let same = zip(here, there).prefix { $0 == $1 }.count
        func part(_ lines: [Substring]) -> String {
            lines.dropFirst(same).prefix(4).map { $0.trimmingPrefix(while: { $0 == " " }) }.joined(separator: "; ")
        }
        let path = here.prefix(same).suffix(2).map { $0.trimmingPrefix(while: { $0 == " " }) }.joined(separator: " ")
        return "after “\(path)” expected “\(part(there))”, but got “\(part(here))”"
    }

    private static func lines(of value: some Any) -> [Substring] {
        var text = ""
        dump(value, to: &text)
        return text.split(separator: "\n")
    }
}
