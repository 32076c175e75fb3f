package import Foundation
import RotaCore
import RotaHTTP
import RotaJSONSchema

/// Makes repeated requests for the same work one execution.
///
/// The key says what the same work is, among the executions of one job. While a request with the key is in effect,
/// another one returns its execution instead of queuing a new one. Use one rule for a key: that of the new request
/// decides.
///
/// ```swift
/// // One at a time: until the execution has ended.
/// try await scheduler.enqueue("reindex", TriggerRequest(uniqueness: .unique("doc-7")))
/// // At most one an hour, even if it fails.
/// try await scheduler.enqueue("remind", TriggerRequest(uniqueness: .unique("user-3", for: .hours(1))))
/// // Once nothing has changed for 30 seconds, with the newest payload.
/// try await scheduler.enqueue(
///     "save", payload: "newest", after: .seconds(30),
///     TriggerRequest(uniqueness: .debounced("doc-7", atMost: .minutes(5))))
/// ```
public struct Uniqueness: Sendable, Hashable, Codable {
    package enum Rule: String, Sendable, Hashable, Codable {
        case untilFinished = "until_finished"
        case window
        case debounce
        case samePayload = "same_payload"
        /// Later requests match it; it matches none.
        case remembered
    }

    /// The key, from 1 to 255 characters; empty for ``samePayload(for:)``, whose key is made from the payload.
    public let key: String
    package let rule: Rule
    /// The length of the window, or the longest time by which debounced work is postponed.
    package let span: Duration?

    private init(key: String, rule: Rule, span: Duration?) {
        (self.key, self.rule, self.span) = (key, rule, span)
    }

    /// A request is in effect until its execution has ended.
    ///
    /// - Parameter key: What the same work is, from 1 to 255 characters.
    public static func unique(_ key: String) -> Uniqueness {
        Uniqueness(key: key, rule: .untilFinished, span: nil)
    }

    /// A request is in effect for a time from when it was made, even if its execution ends or fails sooner.
    ///
    /// The execution is kept for that time, regardless of the job's retention.
    ///
    /// - Parameters:
    ///   - key: What the same work is, from 1 to 255 characters.
    ///   - window: The time, more than zero and at most 30 days.
    public static func unique(_ key: String, for window: Duration) -> Uniqueness {
        Uniqueness(key: key, rule: .window, span: window)
    }

    /// A request with the same payload as the newest one within a time returns its execution, with any status.
    ///
    /// Payloads are the same if they are equal as JSON: the order of members, white space, and the spelling of numbers
    /// do not count. A request without a payload is compared with that of the job's action. The execution is kept for
    /// the time, regardless of the job's retention. ``JobDefinition/deduplicationWindow`` sets it for every request.
    ///
    /// - Parameter window: The time, more than zero and at most 30 days.
    public static func samePayload(for window: Duration) -> Uniqueness {
        Uniqueness(key: "", rule: .samePayload, span: window)
    }

    /// A request replaces an earlier one whose execution has not begun: its payload, its metadata and its due date.
    ///
    /// With a delay, the work is done once no request has come for the length of the delay.
    ///
    /// - Parameters:
    ///   - key: What the same work is, from 1 to 255 characters.
    ///   - longest: The longest time by which the first of the requests is postponed, more than zero and at most 30
    ///     days; `nil` for no limit.
    public static func debounced(_ key: String, atMost longest: Duration? = nil) -> Uniqueness {
        Uniqueness(key: key, rule: .debounce, span: longest)
    }
}

extension Uniqueness {
    /// Whether the key is made from the payload.
    package var comparesPayloads: Bool { rule == .samePayload || rule == .remembered }

    /// Whether only the newest execution with the key can meet it.
    package var looksAtNewest: Bool { rule == .window || comparesPayloads }

    /// The uniqueness of a request with a payload.
    package func keyed(by payload: JSONPayload?) -> Uniqueness {
        comparesPayloads ? Uniqueness(key: JSONPayload.contentKey(of: payload), rule: rule, span: span) : self
    }

    /// The uniqueness of a request with an idempotency key: later ones with its payload match it, and it is queued even
    /// if it matches an earlier one.
    package static func remembering(_ payload: JSONPayload?, for window: Duration) -> Uniqueness {
        Uniqueness(key: JSONPayload.contentKey(of: payload), rule: .remembered, span: window)
    }

    /// Whether a request made at a date returns an earlier execution with the key.
    ///
    /// - Parameters:
    ///   - earlier: The earlier execution.
    ///   - isNewest: Whether no other execution with the key is newer.
    ///   - date: When the request was made.
    package func isMet(by earlier: borrowing Execution, isNewest: Bool, at date: Date) -> Bool {
        // An expired execution will not run, though it may not have been pruned yet.
        let isExpired = earlier.expiry.map { $0 <= date } ?? false
        return switch rule {
        case .untilFinished: !earlier.progress.status.isTerminal && !isExpired
        case .window: isNewest && isWithinSpan(of: earlier, at: date)
        case .debounce: earlier.progress.status == .queued && earlier.progress.startedAt == nil && !isExpired
        case .remembered: false
        case .samePayload:
            isNewest && (earlier.uniqueness?.comparesPayloads ?? false) && isWithinSpan(of: earlier, at: date)
        }
    }

    /// Whether a request comes within the time for which another one counts.
    private func isWithinSpan(of earlier: borrowing Execution, at date: Date) -> Bool {
        // After the clock was set back, the earlier request may seem to lie ahead.
        abs(date.timeIntervalSince(earlier.createdAt)) < (span ?? .zero) / .seconds(1)
    }
}

extension Execution {
    /// The key that makes it unique among the executions of its job, if it has one.
    package var uniqueKey: String? { uniqueness?.key }

    /// The date until which it is kept so that it stays unique, regardless of the job's retention.
    package var keptUntil: Date? {
        guard let uniqueness, uniqueness.rule == .window || uniqueness.comparesPayloads, let span = uniqueness.span
        else { return nil }
        return createdAt.addingTimeInterval(span / .seconds(1))
    }

    /// The execution as a debounced request replaces it, if it has not begun.
    package func debounced(by request: Execution) -> Execution {
        var due = request.progress.dueAt
        if let longest = request.uniqueness?.span {
            due = min(due, createdAt.addingTimeInterval(longest / .seconds(1)))
        }
        var progress = progress
        progress.dueAt = due
        progress.expiresAt = request.progress.expiresAt
        progress.delayedFrom = request.createdAt
        progress.trail = progress.trail ?? request.progress.trail
        return Execution(
            id: id, jobID: jobID, jobName: request.jobName, jobVersion: request.jobVersion, source: source,
            scheduledFor: due, createdAt: createdAt, payload: request.payload, metadata: request.metadata,
            details: details, progress: progress, attempts: attempts)
    }
}

extension JSONPayload {
    /// The key that payloads share if they are equal as JSON, in any order of members and with any spelling of numbers.
    ///
    /// A missing payload counts as `null`.
    package static func contentKey(of payload: JSONPayload?) -> String {
        "payload:" + digest(of: payload)
    }

    /// The SHA-256 of the payload's canonical text, in hexadecimal.
    package static func digest(of payload: JSONPayload?) -> String {
        let text = payload.map { payload in
            (try? JSONValue(parsing: Array(payload.json)))?.canonicalText
                ?? String(decoding: payload.json, as: UTF8.self)
        }
        return Digest.sha256(Array((text ?? "null").utf8)).hexadecimal
    }
}

extension Execution {
    /// Whether its uniqueness rule applies: it is unfinished, and not a batch's follow-up.
    package var obeysUniqueness: Bool {
        hasDetails && !progress.status.isTerminal && awaitedBatch == nil
    }
}
