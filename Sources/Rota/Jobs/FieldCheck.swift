import Foundation
import RotaStore

/// Refuses what a field cannot hold, with an error that names the field, its range and the value.
struct FieldCheck {
    /// The kind of error.
    let code: SchedulerError.Code
    /// The name of the job that has the fields, or `nil` if a request has them.
    var jobName: String?

    /// The largest payload, in bytes (SX-13).
    static let maximumPayload = 5 * 1024 * 1024
    /// The longest time that any of the limits spans.
    static let longestSpan = Duration.seconds(366 * 86_400)

    func fail(_ message: String, value: String? = nil) -> SchedulerError {
        SchedulerError(code, (jobName.map { "Job “\($0)”: " } ?? "") + message, value: value)
    }

    func length(of text: String?, _ field: String, _ range: ClosedRange<Int>) throws(SchedulerError) {
        // Counting characters takes time in proportion to the text; its bytes are counted already.
        guard let text, text.utf8.count > range.upperBound || text.utf8.count < range.lowerBound else { return }
        let count = text.prefix(range.upperBound + 1).count
        guard !range.contains(count) else { return }
        throw fail(
            "\(field) has from \(range.lowerBound) to \(range.upperBound) characters; this has "
                + (count > range.upperBound ? "more." : "\(count)."),
            value: String(text.prefix(range.upperBound)))
    }

    func number(_ value: Int?, _ field: String, _ range: ClosedRange<Int>) throws(SchedulerError) {
        guard let value, !range.contains(value) else { return }
        throw fail("\(field) is from \(range.lowerBound) to \(range.upperBound), not \(value).", value: "\(value)")
    }

    func atLeastOne(_ value: Int?, _ field: String) throws(SchedulerError) {
        guard let value, value < 1 else { return }
        throw fail("\(field) is at least 1, not \(value); leave it out for no limit.", value: "\(value)")
    }

    func span(_ value: Duration?, _ field: String, longest: Duration = longestSpan) throws(SchedulerError) {
        guard let value, value <= .zero || value > longest else { return }
        throw fail("\(field) is more than zero and at most \(longest), not \(value).", value: "\(value)")
    }

    func payload(_ payload: JSONPayload?, _ field: String) throws(SchedulerError) {
        guard let payload, payload.json.count > Self.maximumPayload else { return }
        throw fail(
            "\(field) has at most \(Self.maximumPayload) bytes of JSON; this has \(payload.json.count).",
            value: "\(payload.json.count)")
    }

    func tags(_ tags: [String: String]) throws(SchedulerError) {
        try number(tags.count, "The number of tags", 0...20)
        for (name, value) in tags.sorted(by: { $0.key < $1.key }) {
            try length(of: name, "A tag’s name", 1...64)
            try length(of: value, "The value of tag “\(name)”", 0...256)
        }
    }

    /// An instant that a schedule could name: in the years 1 to 9999.
    func instant(_ instant: Date?, _ field: String) throws(SchedulerError) {
        guard let seconds = instant?.timeIntervalSince1970 else { return }
        guard seconds >= -62_135_596_800, seconds < 253_402_300_800 else {
            throw fail(
                "\(field) lies in the years 1 to 9999; \(seconds) seconds since 1970 do not.", value: "\(seconds)")
        }
    }
}
