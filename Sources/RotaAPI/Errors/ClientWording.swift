/// The engine's messages for clients of an API, who do not write Swift.
///
/// A message of the engine may end in the method that helps: "Give it another schedule with `update(_:_:)` instead."
/// A route and a command do the same; those who use them do not know the method's name in Swift.
enum ClientWording {
    /// The message without the names of methods, and without the parts of it that are about them alone.
    ///
    /// Values are written as in JSON.
    static func text(_ message: String) -> String {
        let translated = withValues(failure(message))
        guard namesMethod(translated) else { return translated }
        var text = translated
        // Such as "(call `run()`)", and "with `update(_:_:)`".
        text.replace(#/ \([a-z]+ `[A-Za-z.]+\([^`]*`\)/#, with: "")
        text.replace(#/ (?:with|by) `[A-Za-z.]+\([^`]*`/#, with: "")
        guard namesMethod(text) else { return text }
        let left = text.split(separator: "\n", omittingEmptySubsequences: false).map { line(String($0)) }
            .joined(separator: "\n")
        return left.isEmpty ? text : left
    }

    /// The message of a failed attempt without the advice for those who set up the server.
    ///
    /// Nothing else is changed: it may be the message of an app's own error.
    static func failure(_ message: String) -> String {
        guard advice.contains(where: message.contains) else { return message }
        var text = message
        text.replace("; add it to the provider passed as `secrets:`", with: "; add it to the server's secrets")
        text.replace(
            #/ To allow it, make the transport with addressPolicy: \.publicInternet\.adding\(hosts: \["[^"]*"\]\)/#,
            with: "")
        text.replace("; set `tokenSecret` in its configuration", with: "")
        text.replace(", or raise `maximumOutputBytes`", with: "")
        return text
    }

    private static let advice = ["`secrets:`", "addressPolicy:", "`tokenSecret`", "`maximumOutputBytes`"]

    /// The message with values as JSON has them, and not as Swift writes them.
    private static func withValues(_ message: String) -> String {
        guard message.contains("`") || message.contains(" .") || message.contains("headers: [") else { return message }
        var text = message
        text.replace(#/`Schedule\.every\(\.seconds\(([0-9]+)\)\)`/#) { "an interval of \($0.1) s" }
        text.replace("`Schedule.once(at:)`", with: "a schedule of one date")
        text.replace(#/`\.(?:every|afterCompletion)\(\.minutes\(5\)\)`/#, with: "5m")
        text.replace(#/put the zone into `in: ("[^"`]*")`/#) { "name the zone apart from the expression: \($0.1)" }
        text.replace(#/`\.named\(("[^`]*")\)\.union\(\.named\(("[^`]*")\)\)`/#) {
            "{\"named\": [\($0.1), \($0.2)]}"
        }
        text.replace(#/headers: \[("[^"]*": "[^"]*")\]/#) { "{\($0.1)}" }
        text.replace(#/`\.([A-Za-z]+)`/#) { "`\($0.1)`" }
        text.replace(#/ \.(standard|quartz|vixie)\b/#) { " \($0.1)" }
        return text
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
