import RotaStore

extension DriverContext {
    /// The labels of an execution that somebody asks for: what is captured now, under what is given.
    func carried(with metadata: [String: String]) -> [String: String] {
        let captured = carrier()
        return captured.isEmpty ? metadata : captured.merging(metadata) { $1 }
    }
}

extension Execution {
    /// The same execution, not yet stored, with other labels.
    func with(metadata: [String: String]) -> Execution {
        guard metadata != self.metadata else { return self }
        return Execution(
            id: id, jobID: jobID, jobName: jobName, jobVersion: jobVersion, source: source, scheduledFor: scheduledFor,
            createdAt: createdAt, payload: payload, metadata: metadata, details: details, progress: progress,
            attempts: attempts)
    }

    /// The same execution, not yet stored, with other details.
    func with(details: ExecutionDetails) -> Execution {
        Execution(
            id: id, jobID: jobID, jobName: jobName, jobVersion: jobVersion, source: source, scheduledFor: scheduledFor,
            createdAt: createdAt, payload: payload, metadata: metadata, details: details, progress: progress,
            attempts: attempts)
    }
}
