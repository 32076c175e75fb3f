import RotaHTTP
import RotaRetry
import RotaSchedule
import RotaStore

extension JobDefinition {
    /// Checks what could not be checked when the parts were made (SX-13).
    func validate() throws {
        try validateName()
        try schedule.validate()
        if let call = action.handler { try validate(call) }
        // The policies and the rest that most jobs have are in order.
        if !hasStandardPolicies { try validatePolicies() }
        guard hasExtras else { return }
        try validateTrouble()
        let check = FieldCheck(code: .invalidJob, jobName: name)
        try attributes.validate(check)
        try limits.validate(check)
        try validateRest(check)
    }

    private func validateName() throws(SchedulerError) {
        // Counting characters takes time; what is short and has a visible one in ASCII need not be counted.
        if name.utf8.count <= 255, name.utf8.contains(where: { $0 > 0x20 && $0 < 0x7f }) { return }
        let length = name.count
        guard (1...255).contains(length), name.contains(where: { !$0.isWhitespace }) else {
            throw SchedulerError(
                .invalidJob, "A job's name has from 1 to 255 characters, not all of them blank; this has \(length).",
                value: name)
        }
    }

    private func validatePolicies() throws {
        try retry.validate()
        if let lateness = misfire.maximumLateness, lateness < .zero {
            throw SchedulerError(
                .invalidJob,
                "The maximum lateness of job “\(name)” is \(lateness), so that it could never run; "
                    + "it must be zero or more.", value: "\(lateness)")
        }
    }

    private func validate(_ call: HandlerCall) throws(SchedulerError) {
        guard !call.name.isEmpty else {
            throw SchedulerError(.invalidJob, "The name of the handler that job “\(name)” calls is empty.")
        }
        if let timeout = call.timeout, timeout <= .zero {
            throw SchedulerError(
                .invalidJob, "The timeout of handler “\(call.name)” is \(timeout); it must be more than zero.",
                value: "\(timeout)")
        }
        if let limit = call.heartbeatLimit, limit <= .zero {
            throw SchedulerError(
                .invalidJob, "The heartbeat limit of job “\(name)” is \(limit); it must be more than zero.",
                value: "\(limit)")
        }
        try FieldCheck(code: .invalidJob, jobName: name).payload(call.payload, "The payload")
    }

    private func validateRest(_ check: FieldCheck) throws {
        try check.payload(payloadSchema, "The payload's schema")
        try check.span(deduplicationWindow, "The deduplication window")
        if let fallbackURL { _ = try RequestTemplate.get(fallbackURL) }
    }
}
