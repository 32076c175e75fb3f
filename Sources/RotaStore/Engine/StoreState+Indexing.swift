package import Foundation
import RotaRetry
import RotaSchedule

// Keeps the indexes in step with the records. An index entry depends on the record and its job alone, so a file may
// bring records in any order.

extension StoreState {
    mutating func put(_ job: Job) {
        // Most jobs name no calendar, and are not copied.
        if job.schedule.namesCalendars { putBound(job.binding(calendars)) } else { putBound(job) }
    }

    private mutating func putBound(_ job: Job) {
        note(max(job.scheduleState.latestWritten, job.updatedAt))
        // The common case: a new job without executions, limits, or a retention of its own.
        if job.isPlain, !job.holdsWork, !jobs.contains(job.id) {
            jobs.updateValue(job, forKey: job.id)
            if job.schedule.namesCalendars { indexCalendars(of: nil, job) }
            jobIndex.add(job)
            if let wake = job.scheduleState.nextWakeup { dueJobs.insert(DueKey(date: wake, id: job.id)) }
            return
        }
        let old = jobs[job.id]
        if let old {
            jobIndex.remove(old)
            if let wake = old.scheduleState.nextWakeup { dueJobs.remove(DueKey(date: wake, id: job.id)) }
        }
        let hasOtherLimits = old.map { $0.hasOtherLimits(than: job) } ?? true
        let hasOtherRetention = (old?.definition.retention ?? .standard) != job.definition.retention
        jobs.updateValue(job, forKey: job.id)
        indexCalendars(of: old, job)
        jobIndex.add(job)
        if !health.isEmpty, old?.definition.attributes.group != job.definition.attributes.group {
            for group in [old?.definition.attributes.group, job.definition.attributes.group] {
                if let group { health[.group(group)] = nil }
            }
        }
        if let wake = job.scheduleState.nextWakeup { dueJobs.insert(DueKey(date: wake, id: job.id)) }
        if hasOtherLimits { requeueExecutions(of: job) }
        if old?.statistics.lastStatus != job.statistics.lastStatus { updateGates(of: job.id) }
        if hasOtherRetention { updateAges(of: job) }
    }

    /// Queues the unfinished executions of a job by its limits, which have changed.
    mutating func requeueExecutions(of job: Job) {
        let live = liveExecutions(of: job.id)
        for execution in live { _ = claims.remove(execution.queueEntry) }
        claims.setRules(of: job.id, rules(of: job))
        for execution in live {
            _ =
                expiredInQueue.contains(execution.id)
                ? claims.removeExpired(execution.queueEntry) : claims.add(execution.queueEntry)
        }
        advanceSerial(of: job.id)
    }

    /// The unfinished executions of a job.
    func liveExecutions(of id: JobID) -> [Execution] {
        guard let history = histories[id], hasLiveExecutions(history, of: id) else { return [] }
        return history.executions.suffix().lazy.filter { isLive($0, history, of: id) }.compactMap { executions[$0] }
    }

    /// Whether a job has an unfinished execution of a series that has not expired in the queue by a date.
    ///
    /// The newest executions are seen first, because of a long history the unfinished ones are among the last.
    func hasLiveExecution(of id: JobID, in series: OverlapPolicy.Series, at date: Date) -> Bool {
        guard let history = histories[id], hasLiveExecutions(history, of: id) else { return false }
        return history.executions.prefixReversed().contains {
            guard isLive($0, history, of: id) else { return false }
            return executions.read($0) { $0.queueEntry.isMember(of: series) && !$0.hasExpiredInQueue(by: date) }
                ?? false
        }
    }

    private func hasLiveExecutions(_ history: JobHistory, of id: JobID) -> Bool {
        history.executions.count
            > history.finished.count + history.kept.count + (finishedNotifications[id]?.count ?? 0)
    }

    private func isLive(_ execution: ExecutionID, _ history: JobHistory, of id: JobID) -> Bool {
        !history.finished.contains(execution) && !history.kept.contains(execution)
            && !(finishedNotifications[id]?.contains(execution) ?? false)
    }

    /// Indexes the finished executions of a job by the age that its new retention allows.
    private mutating func updateAges(of job: Job) {
        let finished = histories[job.id].map { Array($0.finished.suffix()) } ?? []
        let notifications = finishedNotifications[job.id].map { Array($0.suffix()) } ?? []
        let kept = Array(histories[job.id]?.kept ?? [])
        let ended = (finished + kept + notifications).compactMap { executions[$0] }
        for key in ended.compactMap({ ageKey($0.facts) }) { aged.remove(key) }
        let retention = job.retention
        agingJobs[job.id] = retention.limitsAge ? retention : nil
        for key in ended.compactMap({ ageKey($0.facts) }) { aged.insert(key) }
        markIfOverfull(job.id)
    }

    mutating func put(_ scheduleState: ScheduleState, of id: JobID) {
        let old = jobs.modify(id) { job in
            defer { job.scheduleState = scheduleState }
            return (state: job.scheduleState.state, wake: job.scheduleState.nextWakeup)
        }
        guard let old else { return }
        note(scheduleState.latestWritten)
        jobIndex.move(id, from: old.state, to: scheduleState.state)
        if (old.state == .paused) != (scheduleState.state == .paused), let job = jobs[id], job.schedule.isOnDemand {
            requeueExecutions(of: job)
        }
        guard old.wake != scheduleState.nextWakeup else { return }
        if let wake = old.wake { dueJobs.remove(DueKey(date: wake, id: id)) }
        if let wake = scheduleState.nextWakeup { dueJobs.insert(DueKey(date: wake, id: id)) }
    }

    mutating func put(_ statistics: JobStatistics, of id: JobID) {
        let old = jobs.modify(id) { job in
            defer { job.statistics = statistics }
            return job.statistics.lastStatus
        }
        if let old, old != statistics.lastStatus { updateGates(of: id) }
    }

    mutating func removeJob(_ id: JobID) {
        guard let job = jobs[id] else { return }
        let dependents = dependents(on: id)
        for dependency in (jobDependencies[id] ?? []).union(jobDependents[id] ?? []) { dropDependency(dependency) }
        for dependent in Set(dependents) { if let job = jobs[dependent] { requeueExecutions(of: job) } }
        if let history = histories[id] {
            for key in history.operations { removeOperation(key) }
            for execution in history.executions.suffix() {
                _ = removeEverywhere(execution)
            }
            if let key = history.idempotencyKey, idempotencyKeys[key] == id { idempotencyKeys[key] = nil }
        }
        jobs.removeValue(forKey: id)
        indexCalendars(of: job, nil)
        jobIndex.remove(job)
        if let wake = job.scheduleState.nextWakeup { dueJobs.remove(DueKey(date: wake, id: id)) }
        histories.removeValue(forKey: id)
        agingJobs[id] = nil
        health[.job(id)] = nil
        finishedNotifications[id] = nil
        overfull.remove(id)
        restarted[id] = nil
        claims.removeLimits(of: id)
    }

    mutating func put(_ execution: Execution) {
        guard jobs.contains(execution.jobID) else { return }
        if !execution.progress.status.isTerminal {
            note(max(execution.createdAt, execution.progress.delayedFrom ?? .distantPast))
        }
        var effect = SerialEffect.none
        var hadEnded = false
        if let old = executions.updateValue(execution, forKey: execution.id) {
            hadEnded = old.progress.status.isTerminal
            executionIndex.remove(old.facts)
            effect = removeFromIndexes(IndexedExecution(old))
            countOccurrence(old.facts, by: -1)
        }
        countOccurrence(execution.facts, by: 1)
        executionIndex.add(execution.facts)
        histories.modify(execution.jobID, default: JobHistory()) { _ = $0.executions.insert(execution.id) }
        let indexed = IndexedExecution(execution)
        effect = addToIndexes(indexed).combined(with: effect)
        if hadEnded || execution.progress.status.isTerminal, !isLoading { markIfOverfull(execution.jobID) }
        updateGates(after: indexed)
        if execution.progress.status.isTerminal { countHealth(of: execution.id, execution.jobID) }
        apply(effect, toSerialOrderOf: execution.jobID)
    }

    /// Adds a finished execution, kept as the bytes that a file has.
    package mutating func put(_ archived: ArchivedExecution) {
        let facts = archived.facts
        // Files have them in creation order, so most come after all known executions.
        if let last = executionOrder.last, facts.id <= last, executions.contains(facts.id) {
            if let execution = Execution(archived: archived.bytes) { put(execution) }
            return
        }
        let isKnown = histories.modify(facts.jobID) { $0.add(facts.id) } != nil
        if !isKnown {
            guard jobs.contains(facts.jobID) else { return }
            histories.modify(facts.jobID, default: JobHistory()) { $0.add(facts.id) }
        }
        countOccurrence(facts, by: 1)
        executions.add(archived)
        executionIndex.add(facts)
        countHealth(of: facts.id, facts.jobID)
        if let key = ageKey(facts) { aged.insert(key) }
        if !isLoading { markIfOverfull(facts.jobID) }
    }

    mutating func put(_ progress: ExecutionProgress, of id: ExecutionID) {
        let images = executions.modify(id) { execution in
            let old = IndexedExecution(execution)
            execution.progress = progress
            return (old: old, new: IndexedExecution(execution))
        }
        if let images { update(id, from: images.old, to: images.new, progress) }
    }

    private mutating func update(
        _ id: ExecutionID, from old: IndexedExecution, to new: IndexedExecution, _ progress: ExecutionProgress
    ) {
        if !new.status.isTerminal {
            note(max(progress.attemptStartedAt ?? .distantPast, progress.delayedFrom ?? .distantPast))
        }
        if old.status != new.status {
            executionIndex.move(id, from: old.status, to: new.status)
            if new.status.isTerminal, executionIndex.hasUniqueKeys,
                let key = executions.read(id, { $0.uniqueKey }) ?? nil
            {
                executionIndex.endUniqueness(of: id, new.jobID, key: key)
            }
            updateIndexes(old, as: new)
        } else if new.status == .running, old.startedAt == new.startedAt {
            // A renewed lease or a request to cancel: only the lease has changed.
            if let end = old.leaseEnd { leases.remove(DueKey(date: end, id: id)) }
            if let end = new.leaseEnd { leases.insert(DueKey(date: end, id: id)) }
        } else {
            updateIndexes(old, as: new)
        }
    }

    private mutating func updateIndexes(_ old: IndexedExecution, as new: IndexedExecution) {
        let isLive = !old.status.isTerminal && !new.status.isTerminal
        let effect = removeFromIndexes(old, staysLive: isLive)
        let added = addToIndexes(new, wasLive: isLive)
        if new.status.isTerminal {
            updateGates(after: new)
            countHealth(of: new.id, new.jobID)
        }
        // An execution that had ended was taken out of the history for a moment.
        if old.status.isTerminal { markIfOverfull(new.jobID) }
        apply(added.combined(with: effect), toSerialOrderOf: new.jobID)
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
        guard let (facts, effect) = removeEverywhere(id) else { return }
        countOccurrence(facts, by: -1)
        histories.modify(facts.jobID) { _ = $0.executions.remove(id) }
        apply(effect, toSerialOrderOf: facts.jobID)
    }

    /// Removes an execution from the table and all indexes except the list of its job.
    private mutating func removeEverywhere(_ id: ExecutionID) -> (facts: ExecutionFacts, effect: SerialEffect)? {
        if let facts = executions.removeArchived(id) {
            uncountHealth(of: id, facts.jobID)
            executionIndex.remove(facts)
            histories.modify(facts.jobID) { _ = $0.finished.remove(id) }
            if !overfull.isEmpty { markIfOverfull(facts.jobID) }
            if let key = ageKey(facts) { aged.remove(key) }
            return (facts, .none)
        }
        guard let execution = executions.removeValue(forKey: id) else { return nil }
        executionIndex.remove(execution.facts)
        let indexed = IndexedExecution(execution)
        uncountHealth(of: id, execution.jobID)
        let effect = removeFromIndexes(indexed)
        updateGates(after: indexed)
        return (execution.facts, effect)
    }

    /// Adds an execution to the indexes that its progress calls for.
    private mutating func addToIndexes(_ execution: IndexedExecution, wasLive: Bool = false) -> SerialEffect {
        if execution.status.isTerminal {
            addToFinished(execution)
            if let key = execution.dependencyKey, let end = execution.endKey {
                executionIndex.addEnded(end, of: execution.jobID, dependencyKey: key)
            }
            if let key = ageKey(execution) { aged.insert(key) }
            return .none
        }
        if let end = execution.leaseEnd { leases.insert(DueKey(date: end, id: execution.id)) }
        if let expiry = execution.expiry { expiries.insert(DueKey(date: expiry, id: execution.id)) }
        if let batch = execution.awaitedBatch { followUps[batch] = execution.id }
        if execution.keepsTrail { trailKeepers.insert(execution.queueEntry.due) }
        if execution.backfill != nil { histories.modify(execution.jobID) { $0.addToBackfill(execution) } }
        if !wasLive, execution.queueEntry.isScheduled { histories.modify(execution.jobID) { $0.scheduledCount += 1 } }
        if let expiry = execution.expiry, expiry <= clock, execution.status == .queued {
            expiredInQueue.insert(execution.id)
            return claims.removeExpired(execution.queueEntry)
        }
        return claims.add(execution.queueEntry)
    }

    private mutating func removeFromIndexes(_ execution: IndexedExecution, staysLive: Bool = false) -> SerialEffect {
        if execution.status.isTerminal {
            removeFromFinished(execution)
            if let key = execution.dependencyKey, let end = execution.endKey {
                executionIndex.removeEnded(end, of: execution.jobID, dependencyKey: key)
            }
            if let key = ageKey(execution) { aged.remove(key) }
            return .none
        }
        if !expiredInQueue.isEmpty { expiredInQueue.remove(execution.id) }
        if let end = execution.leaseEnd { leases.remove(DueKey(date: end, id: execution.id)) }
        if let expiry = execution.expiry { expiries.remove(DueKey(date: expiry, id: execution.id)) }
        if let batch = execution.awaitedBatch, followUps[batch] == execution.id { followUps[batch] = nil }
        if execution.keepsTrail { trailKeepers.remove(execution.queueEntry.due) }
        if execution.backfill != nil { histories.modify(execution.jobID) { $0.removeFromBackfill(execution) } }
        if !staysLive, execution.queueEntry.isScheduled { histories.modify(execution.jobID) { $0.scheduledCount -= 1 } }
        return claims.remove(execution.queueEntry)
    }

    // Notifications are counted apart, so that they push no execution out of the history.
    private mutating func addToFinished(_ execution: IndexedExecution) {
        if execution.queueEntry.isNotification {
            finishedNotifications[execution.jobID, default: OrderedIndex()].insert(execution.id)
        } else if let end = execution.keptUntil, end > trimmedAt {
            kept.insert(DueKey(date: end, id: execution.id))
            histories.modify(execution.jobID) { _ = $0.kept.insert(execution.id) }
        } else {
            histories.modify(execution.jobID) { _ = $0.finished.insert(execution.id) }
        }
    }

    private mutating func removeFromFinished(_ execution: IndexedExecution) {
        if execution.queueEntry.isNotification {
            finishedNotifications[execution.jobID]?.remove(execution.id)
            if finishedNotifications[execution.jobID]?.isEmpty ?? false { finishedNotifications[execution.jobID] = nil }
        } else if let end = execution.keptUntil, kept.remove(DueKey(date: end, id: execution.id)) {
            histories.modify(execution.jobID) { _ = $0.kept.remove(execution.id) }
        } else {
            histories.modify(execution.jobID) { _ = $0.finished.remove(execution.id) }
        }
        if !overfull.isEmpty { markIfOverfull(execution.jobID) }
    }

    /// Gives the executions that were kept until a date to the retention of their jobs.
    package mutating func endKeeping(at date: Date) {
        trimmedAt = max(trimmedAt, date)
        while let key = kept.first, key.date <= trimmedAt {
            kept.remove(key)
            guard let job = executions.read(key.id, { $0.jobID }) else { continue }
            histories.modify(job) { history in
                history.kept.remove(key.id)
                history.finished.insert(key.id)
            }
            markIfOverfull(job)
        }
    }

    /// Updates whether a job has more history than its retention allows.
    mutating func markIfOverfull(_ id: JobID) {
        if oldestBeyondRetention(of: id) != nil {
            overfull.insert(id)
        } else if !overfull.isEmpty {
            overfull.remove(id)
        }
    }

    /// Ends the loading, and finds all jobs with more history than their retention allows.
    package mutating func endLoading() {
        isLoading = false
        for id in jobOrder.suffix() { markIfOverfull(id) }
    }

    /// Counts a job's executions by occurrence, if its schedule was restarted.
    private mutating func countOccurrence(_ execution: ExecutionFacts, by difference: Int) {
        guard !restarted.isEmpty, execution.isScheduled else { return }
        guard let count = restarted[execution.jobID].map({ $0[execution.scheduledFor] ?? 0 }) else { return }
        restarted[execution.jobID]?[execution.scheduledFor] = count + difference == 0 ? nil : count + difference
    }

    /// The key by age of a finished execution, if its job keeps it for a limited time.
    private func ageKey(
        _ id: ExecutionID, of job: JobID, _ status: ExecutionStatus, _ failure: FailureKind?, finishedAt: Date?,
        keptUntil: Date?
    ) -> DueKey<ExecutionID>? {
        guard !agingJobs.isEmpty, let age = agingJobs[job]?.age(of: status, failure: failure) else { return nil }
        return finishedAt.map {
            DueKey(date: max($0.addingTimeInterval(age / .seconds(1)), keptUntil ?? .distantPast), id: id)
        }
    }

    private func ageKey(_ facts: ExecutionFacts) -> DueKey<ExecutionID>? {
        ageKey(
            facts.id, of: facts.jobID, facts.status, facts.failure, finishedAt: facts.finishedAt,
            keptUntil: facts.keptUntil)
    }

    private func ageKey(_ execution: IndexedExecution) -> DueKey<ExecutionID>? {
        ageKey(
            execution.id, of: execution.jobID, execution.status, execution.failure, finishedAt: execution.finishedAt,
            keptUntil: execution.keptUntil)
    }

    /// Lets another serial execution of a job be claimed, if a change of the queue calls for it.
    mutating func apply(_ effect: SerialEffect, toSerialOrderOf id: JobID) {
        if effect == .mayAdvance { advanceSerial(of: id) }
    }

    /// Moves the queue on to the serial execution of a job that may be claimed now.
    private mutating func advanceSerial(of id: JobID) {
        guard let advance = claims.advanceSerial(of: id) else { return }
        if let old = advance.previous.flatMap({ executions[$0] }), old.progress.status == .queued {
            claims.dequeue(old.queueEntry)
        }
        if let new = advance.current.flatMap({ executions[$0] }), new.progress.status == .queued {
            claims.enqueue(new.queueEntry)
        }
    }
}

extension Job {
    /// Whether its executions are claimed by another priority or limits than those of an earlier definition.
    fileprivate func hasOtherLimits(than other: Job) -> Bool {
        definition.limits != other.definition.limits || definition.priority != other.definition.priority
            || definition.overlap.series != other.definition.overlap.series || holdsWork != other.holdsWork
    }
}
