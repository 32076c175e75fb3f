public import Foundation
import RotaCore

/// What `{{variables}}` stand for in one execution (rows T-95, TX-1, TX-4).
///
/// Make the value once when an execution starts, and keep it with the execution: rendering is a pure function of it, so
/// every retry renders the same request. Only ``attempt`` changes between attempts.
public struct TemplateVariables: Sendable, Hashable, Codable {
    /// `{{timestamp}}`: when the execution started, as ISO 8601 with milliseconds and `Z`.
    public var timestamp: Date
    /// `{{uuid}}`: an identifier drawn once for the execution, in lower case.
    public var uuid: UUID
    /// `{{execution_id}}`.
    public var executionID: String
    /// `{{job_id}}`.
    public var jobID: String
    /// `{{scheduled_for}}`: the instant the execution was due, as ISO 8601 with milliseconds and `Z`.
    public var scheduledFor: Date
    /// `{{attempt}}`: 1 for the first; allowed in the URL and in headers, where it may vary, not in the body.
    public var attempt: Int

    /// Makes the variables of an execution.
    ///
    /// - Parameters:
    ///   - timestamp: when the execution started.
    ///   - uuid: an identifier drawn for the execution.
    ///   - executionID: the execution's id.
    ///   - jobID: the job's id.
    ///   - scheduledFor: when the execution was due.
    ///   - attempt: the number of the attempt, from 1.
    public init(timestamp: Date, uuid: UUID, executionID: String, jobID: String, scheduledFor: Date, attempt: Int = 1) {
        self.timestamp = timestamp
        self.uuid = uuid
        self.executionID = executionID
        self.jobID = jobID
        self.scheduledFor = scheduledFor
        self.attempt = attempt
    }

    /// The text a variable stands for.
    func value(of variable: TemplateVariable) -> String {
        switch variable {
        case .timestamp: ISO8601.milliseconds(timestamp)
        case .uuid: uuid.uuidString.lowercased()
        case .executionID: executionID
        case .jobID: jobID
        case .scheduledFor: ISO8601.milliseconds(scheduledFor)
        case .attempt: String(attempt)
        }
    }
}

/// The variables there are, by the name that stands between the braces.
enum TemplateVariable: String, CaseIterable {
    case timestamp
    case uuid
    case executionID = "execution_id"
    case jobID = "job_id"
    case scheduledFor = "scheduled_for"
    case attempt
}
