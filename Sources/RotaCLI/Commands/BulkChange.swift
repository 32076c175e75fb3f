import Foundation
import RotaHTTP

/// Changes of all records that match, after the count was confirmed.
enum Bulk {
    /// The work of several requests for one change.
    private struct Total {
        var done = 0
        var failed: [JSONValue] = []
        var rest: [JSONValue] = []
        /// Why the server stopped before the end.
        var reason: String?

        mutating func add(_ answer: JSONValue) {
            done += answer["done"]?.int ?? 0
            failed += answer["failed"]?.elements ?? []
            rest = answer["remainingIDs"]?.elements ?? []
            reason = answer["reason"]?.string
        }

        var record: JSONValue {
            .record([
                ("done", .int(done)), ("failed", .array(failed)), ("remaining", .int(rest.count)),
                ("remainingIDs", rest.isEmpty ? nil : .array(rest)), ("reason", reason.map { .string($0) }),
            ])
        }
    }

    /// - Parameters:
    ///   - kind: The collection, as in the path.
    ///   - action: What to do, as the server calls it.
    ///   - done: What was done, as the beginning of a sentence.
    ///   - reason: Why, for the record.
    static func change(
        _ session: Session, _ kind: String, _ action: String, _ done: String, query: [(String, String?)], noun: String,
        reason: String? = nil
    ) async throws -> ExitCode {
        let tags = query.filter { $0.0 == "tag" }.compactMap { $0.1.map { JSONValue.string($0) } }
        let asked = JSONValue.record(
            query.filter { $0.0 != "tag" }.map { name, value in (name, value.map { .string($0) }) }
                + [("tag", tags.isEmpty ? nil : .array(tags))])
        guard !asked.members.isEmpty else {
            throw Failure.usage(
                "Name \(noun == "execution" ? "an" : "a") \(noun), or give a filter. See "
                    + "\(session.arguments.path.joined(separator: " ")) --help.")
        }
        let change = JSONValue.record([("action", .string(action)), ("reason", reason.map { .string($0) })])
        let body = change.setting([("query", asked)])
        let key = session.arguments.text("key").map { JSONValue.string($0) }
        let found = try await session.connection.post(kind, "bulk", body: body)
        let count = found["count"]?.int ?? 0
        guard count > 0 else {
            session.printer.changed(["done": 0, "failed": []], "No \(noun) matches.")
            return .done
        }
        try confirm(session, action, "\(count) \(count == 1 ? noun : noun + "s") match\(count == 1 ? "es" : "").")
        // A yes to a question confirms its number. A yes beforehand confirms any number.
        let confirmation: JSONValue = session.arguments.has("yes") ? true : .int(count)
        var total = Total()
        total.add(
            try await session.connection.post(
                kind, "bulk", body: body.setting([("confirm", confirmation), ("idempotencyKey", key)])))
        while !total.rest.isEmpty {
            let left = total.rest.count
            // By their identifiers: the query may match other records now, such as those that a replay has queued.
            let more = try? await session.connection.post(
                kind, "bulk",
                body: change.setting([("ids", .array(total.rest)), ("idempotencyKey", key)]))
            guard let more else { break }
            total.add(more)
            guard total.rest.count < left else { break }
        }
        return tell(session, total, done, noun: noun)
    }

    private static func confirm(_ session: Session, _ action: String, _ match: String) throws(Failure) {
        guard !session.arguments.has("yes") else { return }
        guard session.console.terminal.isInteractive else {
            throw .usage("\(match) Add --yes to \(action) all of them.")
        }
        guard session.console.confirms("\(match) \(action.capitalized) all of them?") else {
            throw Failure(.failed, code: "declined", "Nothing was changed.")
        }
    }

    private static func tell(_ session: Session, _ total: Total, _ done: String, noun: String) -> ExitCode {
        let count = total.done + total.failed.count + total.rest.count
        session.printer.changed(total.record, "\(done) \(total.done) of \(count) \(count == 1 ? noun : noun + "s").")
        for failure in total.failed {
            session.console.writeError(
                SafeText.line("\(failure["id"]?.cell ?? ""): \(failure["message"]?.cell ?? "")") + "\n")
        }
        guard total.rest.isEmpty else {
            session.console.writeError(
                SafeText.line("\(total.rest.count) are left: \(total.reason ?? "the server stopped answering.")") + "\n"
            )
            return .failed
        }
        return total.failed.isEmpty ? .done : .failed
    }
}
