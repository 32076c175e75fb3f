import RotaRetry
import RotaStore

extension AttemptReport {
    /// Reports a handler that returned.
    init(handlerOutput output: JSONPayload?) {
        self.init(.succeeded)
        guard let output else { return }
        self.output = output
        let preview = output.json.prefix(Attempt.maximumPreviewBytes)
        // Cut on a character's boundary: what is not UTF-8 any more at the end is left out.
        bodyPreview = String(decoding: preview, as: UTF8.self)
        if preview.count < output.json.count {
            bodyWasTruncated = true
            while bodyPreview?.unicodeScalars.last == "\u{FFFD}" { bodyPreview?.unicodeScalars.removeLast() }
        }
    }

    /// Reports a handler that threw.
    init(handlerError error: any Error) {
        guard !Task.isCancelled else {
            self.init(.interrupted)
            return
        }
        switch error {
        case let request as WaitForCompletion:
            do {
                try FieldCheck(code: .invalidRequest).instant(request.deadline, "The end of a wait for an answer")
                self.init(.parked(until: request.deadline))
            } catch {
                self = .failed(AttemptFailure(.invalidRequest), "\(error)")
            }
        case let request as RetryLater:
            self = .failed(AttemptFailure(.handlerError), request.reason)
            retrying = .after(max(.zero, request.delay))
        case let request as DoNotRetry:
            self = .failed(AttemptFailure(.handlerError), request.reason)
            retrying = .never
        case let failure as any AttemptFailureConvertible:
            self = .failed(failure.attemptFailure, "\(error)")
        case is PayloadError:
            self = .failed(AttemptFailure(.invalidRequest), "\(error)")
        default:
            self = .failed(AttemptFailure(.handlerError), "\(error)")
        }
    }
}

/// A run's payload cannot be used by its handler; another attempt would find the same.
struct PayloadError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
