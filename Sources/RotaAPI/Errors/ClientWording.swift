/// The engine's messages for clients of an API, who do not write Swift.
///
/// A message of the engine may end in the method that helps: "Give it another schedule with `update(_:_:)` instead."
/// A route and a command do the same; those who use them do not know the method's name in Swift.
enum ClientWording {
    /// The message without the names of methods, and without the parts of it that are about them alone.
    static func text(_ message: String) -> String {
        guard namesMethod(message) else { return message }
        var text = message
        // Such as "(call `run()`)", and "with `update(_:_:)`".
        text.replace(#/ \([a-z]+ `[A-Za-z.]+\([^`]*`\)/#, with: "")
        text.replace(#/ (?:with|by) `[A-Za-z.]+\([^`]*`/#, with: "")
        guard namesMethod(text) else { return text }
        let left = text.split(separator: "\n", omittingEmptySubsequences: false).map { line(String($0)) }
            .joined(separator: "\n")
        return left.isEmpty ? text : left
    }

    /// Whether a text has code such as `run()` in it, and not only a backtick of a job's name.
    private static func namesMethod(_ text: some StringProtocol) -> Bool {
        text.contains("`") && String(text).contains(#/`[A-Za-z.]+\(/#)
    }

    /// The line without the clauses that name a method.
    private static func line(_ text: String) -> String {
        guard namesMethod(text) else { return text }
        var kept = ""
        var rest = text[...]
        while !rest.isEmpty {
            let end = rest.firstMatch(of: #/[.;?!](?: |$)/#)?.range.upperBound ?? rest.endIndex
            let clause = rest[..<end]
            rest = rest[end...]
            guard namesMethod(clause) else {
                kept += clause
                continue
            }
            // A clause that is dropped leaves its sentence ended.
            let trimmed = kept.trimmingSuffix(while: { $0 == " " })
            if trimmed.hasSuffix(";") || trimmed.hasSuffix(",") { kept = String(trimmed.dropLast()) + ". " }
        }
        return String(kept.trimmingSuffix(while: { $0 == " " }))
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> String {
        var text = String(self)
        while let last = text.last, isDropped(last) { text.removeLast() }
        return text
    }
}
