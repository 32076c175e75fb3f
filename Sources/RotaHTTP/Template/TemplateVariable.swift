/// The variables there are, by the name that stands between the braces.
enum TemplateVariable: String, CaseIterable {
    case timestamp
    case uuid
    case executionID = "execution_id"
    case jobID = "job_id"
    case scheduledFor = "scheduled_for"
    case attempt
}
