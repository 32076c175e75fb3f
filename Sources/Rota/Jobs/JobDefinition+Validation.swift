import RotaHTTP
import RotaRetry
import RotaSchedule
import RotaStore

extension JobDefinition {
    /// Checks what could not be checked when the parts were made (SX-13).
    func validate() throws {
        let length = name.count
        guard (1...255).contains(length), name.contains(where: { !$0.isWhitespace }) else {
            throw SchedulerError(
                .invalidJob, "A job's name has from 1 to 255 characters, not all of them blank; this has \(length).",
                value: name)
        }
        try schedule.validate()
        try retry.validate()
        try validateTrouble()
        if let lateness = misfire.maximumLateness, lateness < .zero {
            throw SchedulerError(
                .invalidJob,
                "The maximum lateness of job “\(name)” is \(lateness), so that it could never run; "
                    + "it must be zero or more.", value: "\(lateness)")
        }
        if let call = action.handler { try validate(call) }
        let check = FieldCheck(code: .invalidJob, jobName: name)
        try labels.validate(check)
        try limits.validate(check)
        try validateRest(check)
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
        try FieldCheck(code: .invalidJob, jobName: name).payload(call.payload, "The payload")
    }

    private func validateRest(_ check: FieldCheck) throws {
        try check.payload(payloadSchema, "The payload's schema")
        try check.span(deduplicationWindow, "The deduplication window")
        if let fallbackURL { _ = try RequestTemplate.get(fallbackURL) }
    }
}
