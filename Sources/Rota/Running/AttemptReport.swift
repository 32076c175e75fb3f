import Foundation
import RotaCore
import RotaHTTP
import RotaRetry
import RotaStore

/// How an attempt ended, and what is kept of the answer.
struct AttemptReport: Sendable {
    /// How an attempt ended.
    enum Ending: Sendable {
        case succeeded
        case failed(AttemptFailure, message: String)
        /// It was canceled because the scheduler stops: it does not count.
        case interrupted
        /// The handler waits for an answer from outside, until an instant if one is given.
        case parked(until: Date?)
        /// It was not begun: it had been called off, or its lease was over.
        case unbegun
        /// Nobody here has the handler that it needs.
        case unhandled(String)
    }

    /// What a handler asked for in place of what the retry policy says.
    enum Retrying: Sendable, Hashable {
        case after(Duration)
        case never
    }

    var ending: Ending
    var retrying: Retrying?
    var output: JSONPayload?
    var statusCode: Int?
    var bodyPreview: String?
    var bodyWasTruncated = false
    var responseHeaders: [String: String] = [:]
    /// How long the parts of the exchange took, if there was one.
    var timings: HTTPTimings?

    static let succeeded = AttemptReport(.succeeded)

    static func failed(_ failure: AttemptFailure, _ message: String) -> AttemptReport {
        AttemptReport(.failed(failure, message: message))
    }

    /// Whether it was not begun.
    var isUnbegun: Bool {
        if case .unbegun = ending { true } else { false }
    }

    init(_ ending: Ending) {
        self.ending = ending
    }

    /// Cuts the message of a failure to what is worth to be stored.
    mutating func limitMessage() {
        guard case .failed(let failure, let message) = ending else { return }
        ending = .failed(failure, message: message.clipped())
    }

    /// Fails an attempt whose output is larger than what may be stored.
    mutating func limitOutput(to maximum: Int) {
        guard let size = output?.json.count, size > maximum else { return }
        output = nil
        ending = .failed(
            AttemptFailure(.tooLarge),
            message: "The output is \(size) bytes of JSON; at most \(maximum) may be stored. "
                + "Return a reference to it instead, or raise `maximumOutputBytes`.")
    }
}
