import Foundation

extension StoreState {
    package mutating func cancel(_ requests: [Cancellation], log: inout ChangeLog) -> [Cancellation.Outcome] {
        requests.map { cancel($0, log: &log) }
    }

    mutating func cancel(_ request: Cancellation, log: inout ChangeLog) -> Cancellation.Outcome {
        guard var execution = executions[request.executionID] else { return .missing }
        guard !execution.progress.status.isTerminal else { return .alreadyOver(execution) }
        execution.progress.cancelReason = request.reason ?? execution.progress.cancelReason
        execution.progress.cancelRequestedAt = execution.progress.cancelRequestedAt ?? request.date
        guard execution.progress.status != .running else {
            record(.putProgress(execution.id, execution.progress), log: &log)
            return .requested(execution)
        }
        end(&execution, as: .canceled, at: request.date, log: &log)
        return .canceled(execution)
    }

    package mutating func completeWaiting(_ answers: [ExternalCompletion], log: inout ChangeLog) -> [ExternalCompletion
        .Outcome]
    {
        answers.map { answer in
            guard var execution = executions[answer.executionID] else { return .missing }
            guard execution.progress.status == .waiting else { return .notWaiting(execution) }
            if let output = answer.output { execution.progress.output = output }
            switch answer.next {
            case .queued(let instant):
                execution.progress.move(to: .queued)
                execution.progress.dueAt = instant
                execution.progress.expiresAt = nil
                record(.putProgress(execution.id, execution.progress), log: &log)
            case .succeeded:
                execution.progress.failure = nil
                end(&execution, as: .succeeded, at: answer.date, log: &log)
            case .failed(let failure):
                execution.progress.failure = failure
                end(&execution, as: .failed, at: answer.date, log: &log)
            case .canceled: end(&execution, as: .canceled, at: answer.date, log: &log)
            }
            return .recorded(execution)
        }
    }

    /// Brings an execution that nobody runs to its end.
    mutating func end(
        _ execution: inout Execution, as status: ExecutionStatus, at date: Date, log: inout ChangeLog
    ) {
        guard execution.progress.move(to: status) else { return }
        execution.progress.finishedAt = date
        record(.putProgress(execution.id, execution.progress), log: &log)
        settle(execution, at: date, log: &log)
    }
}
