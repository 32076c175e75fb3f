import Foundation

// How jobs and executions are put into the table and its indexes, and taken out. What an index holds of a record is
// a function of the record and its job alone, so that it does not matter in what order a file brings them.

extension StoreState {
    mutating func put(_ job: Job) {
        // A new job has no executions yet, and most have nothing that holds them back or keeps history otherwise.
        if job.isPlain, !jobs.contains(job.id) {
            jobs.updateValue(job, forKey: job.id)
            jobIndex.add(job)
            if let wake = job.scheduleState.nextWakeup { dueJobs.insert(DueKey(instant: wake, id: job.id)) }
            return
        }
        let old = jobs[job.id]
        if let old {
            jobIndex.remove(old)
            if let wake = old.scheduleState.nextWakeup { dueJobs.remove(DueKey(instant: wake, id: job.id)) }
        }
        let hasOtherTerms = old.map { $0.hasOtherTerms(than: job) } ?? true
        let keepsOtherwise = (old?.definition.retention ?? .standard) != job.definition.retention
        let live = hasOtherTerms ? liveExecutions(of: job.id) : []
        for execution in live { _ = claims.remove(execution.ticket) }
        jobs.updateValue(job, forKey: job.id)
        jobIndex.add(job)
        if let wake = job.scheduleState.nextWakeup { dueJobs.insert(DueKey(instant: wake, id: job.id)) }
        if hasOtherTerms {
            claims.setTerms(
                of: job.id, job.definition.limits, isSerial: job.definition.overlap.isSerial)
            for execution in live {
                _ = lapsed.contains(execution.id) ? claims.setAside(execution.ticket) : claims.add(execution.ticket)
            }
            passTurn(of: job.id)
        }
        if keepsOtherwise { keepHistory(of: job) }
    }

    /// The executions of a job that are not over.
    func liveExecutions(of id: JobID) -> [Execution] {
        guard let history = histories[id] else { return [] }
        let notifications = finishedNotifications[id]
        guard history.executions.count > history.finished.count + (notifications?.count ?? 0) else { return [] }
        return history.executions.suffix().lazy
            .filter { !history.finished.contains($0) && !(notifications?.contains($0) ?? false) }
            .compactMap { executions[$0] }
    }

    /// Files the finished executions of a job by the age that its retention allows now.
    private mutating func keepHistory(of job: Job) {
        let finished = histories[job.id].map { Array($0.finished.suffix()) } ?? []
        let notifications = finishedNotifications[job.id].map { Array($0.suffix()) } ?? []
        let ended = (finished + notifications).compactMap { executions[$0] }
        for key in ended.compactMap({ ageKey($0.facts) }) { aged.remove(key) }
        let retention = job.retention
        agingJobs[job.id] = retention.maximumAge == nil && retention.ages.isEmpty ? nil : retention
        for key in ended.compactMap({ ageKey($0.facts) }) { aged.insert(key) }
        markIfOverfull(job.id)
    }

    mutating func put(_ scheduleState: ScheduleState, of id: JobID) {
        let old = jobs.modify(id) { job in
            defer { job.scheduleState = scheduleState }
            return (state: job.scheduleState.state, wake: job.scheduleState.nextWakeup)
        }
        guard let old else { return }
        jobIndex.move(id, from: old.state, to: scheduleState.state)
        guard old.wake != scheduleState.nextWakeup else { return }
        if let wake = old.wake { dueJobs.remove(DueKey(instant: wake, id: id)) }
        if let wake = scheduleState.nextWakeup { dueJobs.insert(DueKey(instant: wake, id: id)) }
    }

    mutating func put(_ statistics: JobStatistics, of id: JobID) {
        jobs.modify(id) { $0.statistics = statistics }
    }

    mutating func removeJob(_ id: JobID) {
        guard let job = jobs[id] else { return }
        for dependency in jobDependencies[id] ?? [] { removeDependency(dependency) }
        if let history = histories[id] {
            for key in history.operations { removeOperation(key) }
            for execution in history.executions.suffix() {
                _ = drop(execution)
            }
            if let key = history.idempotencyKey, idempotencyKeys[key] == id { idempotencyKeys[key] = nil }
        }
        jobs.removeValue(forKey: id)
        jobIndex.remove(job)
        if let wake = job.scheduleState.nextWakeup { dueJobs.remove(DueKey(instant: wake, id: id)) }
        histories.removeValue(forKey: id)
        agingJobs[id] = nil
        finishedNotifications[id] = nil
        overfull.remove(id)
        restarted[id] = nil
        claims.removeTerms(of: id)
    }

    mutating func put(_ execution: Execution) {
        guard jobs.contains(execution.jobID) else { return }
        var isTurnOver = false
        if let old = executions.updateValue(execution, forKey: execution.id) {
            executionIndex.remove(old.facts)
            isTurnOver = unfile(FiledExecution(old))
            countRun(old.facts, by: -1)
        }
        countRun(execution.facts, by: 1)
        executionIndex.add(execution.facts)
        histories.modify(execution.jobID, default: JobHistory()) { _ = $0.executions.insert(execution.id) }
        if file(FiledExecution(execution)) || isTurnOver { passTurn(of: execution.jobID) }
    }

    /// Puts an execution that is over, as a file has it.
    package mutating func put(_ archived: ArchivedExecution) {
        let facts = archived.facts
        // Files have them in the order in which they were made, so that most come after all that are there.
        if let last = executionOrder.last, facts.id <= last, executions.contains(facts.id) {
            if let execution = Execution(archived: archived.bytes) { put(execution) }
            return
        }
        let isKnown = histories.modify(facts.jobID) { $0.add(facts.id) } != nil
        if !isKnown {
            guard jobs.contains(facts.jobID) else { return }
            histories.modify(facts.jobID, default: JobHistory()) { $0.add(facts.id) }
        }
        countRun(facts, by: 1)
        executions.add(archived)
        executionIndex.add(facts)
        if let key = ageKey(facts) { aged.insert(key) }
    }

    mutating func put(_ progress: ExecutionProgress, of id: ExecutionID) {
        let filed = executions.modify(id) { execution in
            let old = FiledExecution(execution)
            execution.progress = progress
            return (old: old, new: FiledExecution(execution))
        }
        guard let (old, new) = filed else { return }
        if old.status != new.status {
            executionIndex.move(id, from: old.status, to: new.status)
            refile(old, as: new)
        } else if new.status == .running, old.startedAt == new.startedAt {
            // A lease that is renewed, or work that is to be called off.
            if let end = old.leaseEnd { leases.remove(DueKey(instant: end, id: id)) }
            if let end = new.leaseEnd { leases.insert(DueKey(instant: end, id: id)) }
        } else {
            refile(old, as: new)
        }
    }

    private mutating func refile(_ old: FiledExecution, as new: FiledExecution) {
        let isLive = !old.status.isTerminal && !new.status.isTerminal
        let isTurnOver = unfile(old, staysLive: isLive)
        if file(new, wasLive: isLive) || isTurnOver { passTurn(of: new.jobID) }
    }

    mutating func put(_ attempt: Attempt, of id: ExecutionID) {
        executions.modify(id) { execution in
            if attempt.number >= 1, attempt.number <= execution.attempts.count {
                execution.attempts[attempt.number - 1] = attempt
            } else {
                execution.attempts.append(attempt)
            }
        }
    }

    mutating func removeExecution(_ id: ExecutionID) {
        guard let (facts, isTurnOver) = drop(id) else { return }
        countRun(facts, by: -1)
        histories.modify(facts.jobID) { _ = $0.executions.remove(id) }
        if isTurnOver { passTurn(of: facts.jobID) }
    }

    /// Removes an execution from all that knows it, but for the lists of its job.
    private mutating func drop(_ id: ExecutionID) -> (facts: ExecutionFacts, isTurnOver: Bool)? {
        if let facts = executions.removeArchived(id) {
            executionIndex.remove(facts)
            histories.modify(facts.jobID) { _ = $0.finished.remove(id) }
            if !overfull.isEmpty { markIfOverfull(facts.jobID) }
            if let key = ageKey(facts) { aged.remove(key) }
            return (facts, false)
        }
        guard let execution = executions.removeValue(forKey: id) else { return nil }
        executionIndex.remove(execution.facts)
        return (execution.facts, unfile(FiledExecution(execution)))
    }

    /// Puts an execution where its progress says it belongs.
    ///
    /// - Returns: Whether the turn in its job's series may have to be passed on.
    private mutating func file(_ execution: FiledExecution, wasLive: Bool = false) -> Bool {
        if execution.status.isTerminal {
            addToFinished(execution)
            if let key = ageKey(execution) { aged.insert(key) }
            return false
        }
        if let end = execution.leaseEnd { leases.insert(DueKey(instant: end, id: execution.id)) }
        if let expiry = execution.expiry { expiries.insert(DueKey(instant: expiry, id: execution.id)) }
        if execution.backfill != nil { histories.modify(execution.jobID) { $0.addToBackfill(execution) } }
        if !wasLive, execution.ticket.isScheduled { histories.modify(execution.jobID) { $0.scheduledCount += 1 } }
        if let expiry = execution.expiry, expiry <= clock, execution.status == .queued {
            lapsed.insert(execution.id)
            return claims.setAside(execution.ticket)
        }
        return claims.add(execution.ticket)
    }

    private mutating func unfile(_ execution: FiledExecution, staysLive: Bool = false) -> Bool {
        if execution.status.isTerminal {
            removeFromFinished(execution)
            if let key = ageKey(execution) { aged.remove(key) }
            return false
        }
        if !lapsed.isEmpty { lapsed.remove(execution.id) }
        if let end = execution.leaseEnd { leases.remove(DueKey(instant: end, id: execution.id)) }
        if let expiry = execution.expiry { expiries.remove(DueKey(instant: expiry, id: execution.id)) }
        if execution.backfill != nil { histories.modify(execution.jobID) { $0.removeFromBackfill(execution) } }
        if !staysLive, execution.ticket.isScheduled { histories.modify(execution.jobID) { $0.scheduledCount -= 1 } }
        return claims.remove(execution.ticket)
    }

    // A notice tells of a run and is none: it takes no run's place in the history.
    private mutating func addToFinished(_ execution: FiledExecution) {
        if execution.ticket.isNotification {
            finishedNotifications[execution.jobID, default: OrderedIndex()].insert(execution.id)
        } else {
            histories.modify(execution.jobID) { _ = $0.finished.insert(execution.id) }
        }
    }

    private mutating func removeFromFinished(_ execution: FiledExecution) {
        if execution.ticket.isNotification {
            finishedNotifications[execution.jobID]?.remove(execution.id)
            if finishedNotifications[execution.jobID]?.isEmpty ?? false { finishedNotifications[execution.jobID] = nil }
        } else {
            histories.modify(execution.jobID) { _ = $0.finished.remove(execution.id) }
        }
        if !overfull.isEmpty { markIfOverfull(execution.jobID) }
    }

    /// Remembers whether a job has more history than it keeps, when that may have changed by more than one execution.
    mutating func markIfOverfull(_ id: JobID) {
        if oldestBeyondRetention(of: id) != nil {
            overfull.insert(id)
        } else if !overfull.isEmpty {
            overfull.remove(id)
        }
    }

    /// Looks for jobs with more history than they keep: for a state that was built from records, change by change.
    package mutating func markOverfull() {
        for id in jobOrder.suffix() { markIfOverfull(id) }
    }

    /// Keeps count of a job's runs by their instants, if its schedule began anew.
    private mutating func countRun(_ execution: ExecutionFacts, by difference: Int) {
        guard !restarted.isEmpty, execution.isScheduled else { return }
        restarted[execution.jobID]?[execution.scheduledFor, default: 0] += difference
    }

    /// The place by its age of an execution that is over, if its job keeps it for a time.
    private func ageKey(
        _ id: ExecutionID, of job: JobID, _ status: ExecutionStatus, finishedAt: Date?
    ) -> DueKey<ExecutionID>? {
        guard !agingJobs.isEmpty, let age = agingJobs[job]?.age(of: status) else { return nil }
        return finishedAt.map { DueKey(instant: $0.addingTimeInterval(age / .seconds(1)), id: id) }
    }

    private func ageKey(_ facts: ExecutionFacts) -> DueKey<ExecutionID>? {
        ageKey(facts.id, of: facts.jobID, facts.status, finishedAt: facts.finishedAt)
    }

    private func ageKey(_ execution: FiledExecution) -> DueKey<ExecutionID>? {
        ageKey(execution.id, of: execution.jobID, execution.status, finishedAt: execution.finishedAt)
    }

    /// Brings the queue in step with whose turn it is in the series of a job.
    mutating func passTurn(of id: JobID) {
        guard let (old, new) = claims.passTurn(of: id) else { return }
        if let old = old.flatMap({ executions[$0] }), old.progress.status == .queued {
            claims.leave(old.ticket)
        }
        if let new = new.flatMap({ executions[$0] }), new.progress.status == .queued {
            claims.enter(new.ticket)
        }
    }
}

extension Job {
    /// Whether its executions are claimed by other rules than those of an earlier image.
    fileprivate func hasOtherTerms(than other: Job) -> Bool {
        definition.limits != other.definition.limits
            || definition.overlap.isSerial != other.definition.overlap.isSerial
    }
}
