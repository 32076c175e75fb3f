import RotaStore

extension JobDefinition {
    /// Checks what could not be checked when the parts were made.
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
        guard let call = action.handler else { return }
        guard !call.name.isEmpty else {
            throw SchedulerError(.invalidJob, "The name of the handler that job “\(name)” calls is empty.")
        }
        if let timeout = call.timeout, timeout <= .zero {
            throw SchedulerError(
                .invalidJob, "The timeout of handler “\(call.name)” is \(timeout); it must be more than zero.",
                value: "\(timeout)")
        }
    }
}
