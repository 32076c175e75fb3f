public import Foundation
public import RotaRetry

extension Backoff {
    /// TrigRun's backoff: 250 ms × 2^attempt, which makes 500 ms, 1 s, 2 s and so on.
    public static let trigrun = trigrun(countingFrom: 1)

    /// Returns TrigRun's backoff for a reader who counts attempts from another number.
    ///
    /// - Parameter first: The number of the first attempt: 1 makes the first delay 500 ms, 0 makes it 250 ms.
    public static func trigrun(countingFrom first: Int) -> Backoff {
        .exponential(initial: .milliseconds(first <= 0 ? 250 : 500))
    }

    /// Krafter's backoff: 15 s, 30 s, 45 s and so on.
    public static let krafter = Backoff.linear(.seconds(15))

    /// Strait's backoff: 1 s, 2 s, 4 s and so on, at most an hour.
    public static let strait = Backoff.exponential(
        initial: .seconds(1), minimum: .seconds(1), maximum: .seconds(3600))
}

extension RetryPolicy {
    /// TrigRun's policy: three attempts, 500 ms and 1 s apart with full jitter, after five statuses.
    public static let trigrun = RetryPolicy(backoff: .trigrun)

    /// Krafter's policy: three retries 15, 30 and 45 s apart, without jitter, after any failure.
    public static let krafter = RetryPolicy(maxAttempts: 4, backoff: .krafter, jitter: .none, retrying: .any)

    /// Strait's policy: three attempts, 1 s × 2^(n−1) ± 20 % up to an hour, after failures that may pass.
    public static let strait = RetryPolicy(
        maxAttempts: 3, backoff: .strait, jitter: .proportional(0.2),
        retrying: FailureSet(statuses: .transient, kinds: .retryable))
}

extension ServiceProfile {
    /// Reads a retry policy in Rota's form, or with the service's spelling of the number of attempts.
    ///
    /// Krafter and Infrai count retries after the first attempt: `{"max_retries": 3}`, `{"retries": 3}` and
    /// `{"retry": 3}` mean four attempts.
    ///
    /// - Parameter json: A JSON object.
    /// - Throws: `DecodingError` if the text is not a policy, or a value is out of its range.
    public func retryPolicy(from json: Data) throws -> RetryPolicy {
        let decoder = JSONDecoder()
        var policy = try decoder.decode(RetryPolicy.self, from: json)
        let spelling = try decoder.decode(RetrySpelling.self, from: json)
        if spelling.maxAttempts == nil, let retries = spelling.maxRetries ?? spelling.retries ?? spelling.retry {
            policy.retries = retries
            do { try policy.validate() } catch {
                throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: error.description))
            }
        }
        return policy
    }

    private struct RetrySpelling: Decodable {
        var maxAttempts: Int?
        var maxRetries: Int?
        var retries: Int?
        var retry: Int?

        private enum CodingKeys: String, CodingKey {
            case maxAttempts = "max_attempts"
            case maxRetries = "max_retries"
            case retries, retry
        }
    }
}
