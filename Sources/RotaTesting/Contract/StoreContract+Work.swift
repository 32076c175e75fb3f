import Foundation
import RotaRetry
import RotaStore

extension StoreContract {
    /// Work without a schedule: uniqueness, batches, paused queues, dead letters, and what attempts leave for the next.
    static let work: [Check] = [
        Check("unique work is queued once until it has ended") { probe in
            let (job, other) = (probe.queue(), probe.queue())
            try await probe.insert(job, other)
            let first = probe.work(of: job, .unique("doc-7"))
            let again = probe.work(of: job, .unique("doc-7"))
            let free = [probe.work(of: job, .unique("doc-8")), probe.work(of: other, .unique("doc-7"))]
            try probe.expect(
                await probe.store.enqueue([first, again] + free),
                [.queued(first), .existing(first)] + free.map { .queued($0) }, "the outcomes of one call")
            let claim = try await probe.claim(1)[0]
            guard case .existing(let running) = try await probe.enqueue(probe.work(of: job, .unique("doc-7"))) else {
                throw ContractViolation("unique work was queued while it was running")
            }
            try probe.expect(running.id, first.id, "the running execution")
            try await probe.finish(claim, .failed(probe.failure))
            let next = probe.work(of: job, .unique("doc-7"))
            try probe.expect(await probe.enqueue(next), .queued(next), "the same work after its end")
        },
        Check("each execution of a call is checked, even if it resolves to another one") { probe in
            let job = probe.queue()
            try await probe.insert(job)
            let first = probe.work(of: job, .unique("doc-7"))
            _ = try await probe.enqueue(first)
            let again = probe.work(of: job, .unique("doc-7"))
            try await probe.expect(.duplicate, "the same work twice with one identifier") {
                _ = try await probe.store.enqueue([again, again])
            }
            // Neither is queued for its key: the first is the same work, and so the key stays free for the second.
            var details = again.details
            details.idempotencyKey = "once"
            let keyed = again.with(details: details)
            var running = probe.execution(of: job) { $0.idempotencyKey = "once" }
            running.progress.status = .running
            try await probe.expect(.invalidExecution, "a running execution with the key of one that is not queued") {
                _ = try await probe.store.enqueue([keyed, running])
            }
            let other = job.execution(
                id: first.id, source: .manual, scheduledFor: probe.at(5), createdAt: probe.at(0),
                details: running.details)
            try await probe.expect(.duplicate, "another execution with a known identifier and the key") {
                _ = try await probe.store.enqueue([keyed, other])
            }
            try probe.expect(await probe.executions(), [first], "the executions")
        },
        Check("work that is unique for a time is queued once within it, whatever the retention") { probe in
            let job = probe.queue { $0.retention = .last(0) }
            try await probe.insert(job)
            let first = probe.work(of: job, .unique("user-3", for: .seconds(60)))
            _ = try await probe.enqueue(first)
            let ended = try await probe.finish(try await probe.claimOne(), .succeeded, at: 20)
            let again = probe.work(of: job, at: 59, .unique("user-3", for: .seconds(60)))
            try probe.expect(await probe.enqueue(again), .existing(ended), "the same work 59 seconds later")
            let next = probe.work(of: job, at: 60, .unique("user-3", for: .seconds(60)))
            try probe.expect(await probe.enqueue(next), .queued(next), "the same work 60 seconds later")
            _ = try await probe.store.prune(at: probe.at(60), limit: 10)
            try probe.expect(
                await probe.store.execution(first.id), nil, "an execution beyond the retention, after its window")
        },
        Check("work with the same payload within a time is queued once, and is told apart from a repeated key") {
            probe in
            let (job, other) = (probe.queue { $0.retention = .last(0) }, probe.queue())
            try await probe.insert(job, other)
            func work(of job: Job, at seconds: Double, _ payload: String) -> Execution {
                let payload = JSONPayload(trusted: Data(payload.utf8))
                return probe.work(
                    of: job, at: seconds, .samePayload(for: .seconds(60)).keyed(by: payload))
            }
            let first = work(of: job, at: 0, #"{"a": 1, "b": 2}"#)
            let free = [work(of: job, at: 0, #"{"a": 1, "b": 3}"#), work(of: other, at: 0, #"{"a": 1, "b": 2}"#)]
            try probe.expect(
                await probe.store.enqueue([first, work(of: job, at: 0, #"{"b": 2.0, "a": 1}"#)] + free),
                [.queued(first), .duplicate(first)] + free.map { .queued($0) }, "the outcomes of one call")
            let ended = try await probe.finish(try await probe.claim(1)[0], .failed(probe.failure), at: 20)
            let again = work(of: job, at: 59, #"{"a": 1, "b": 2}"#)
            try probe.expect(await probe.enqueue(again), .duplicate(ended), "the same payload 59 seconds later")
            let next = work(of: job, at: 60, #"{"a": 1, "b": 2}"#)
            try probe.expect(await probe.enqueue(next), .queued(next), "the same payload 60 seconds later")
        },
        Check("an aged execution is kept while other work like it is not to be queued") { probe in
            let job = probe.queue { definition in
                definition.retention = Retention(maximumCount: 100, maximumAge: .zero)
            }
            try await probe.insert(job)
            let first = probe.work(of: job, .unique("user-3", for: .seconds(60)))
            _ = try await probe.enqueue(first)
            let ended = try await probe.finish(try await probe.claimOne(), .succeeded, at: 20)
            _ = try await probe.store.prune(at: probe.at(59), limit: 10)
            let again = probe.work(of: job, at: 59, .unique("user-3", for: .seconds(60)))
            try probe.expect(await probe.enqueue(again), .existing(ended), "the same work 59 seconds later")
            _ = try await probe.store.prune(at: probe.at(60), limit: 10)
            try probe.expect(await probe.store.execution(first.id), nil, "the execution after its window")
        },
        Check("debounced work is postponed, with the newest payload, until it begins") { probe in
            let job = probe.queue()
            try await probe.insert(job)
            let debounced = Uniqueness.debounced("doc-7", atMost: .seconds(50))
            let first = probe.work(of: job, due: 30, payload: "1", debounced)
            _ = try await probe.enqueue(first)
            for (date, due, expected) in [(10.0, 40.0, 40.0), (30, 60, 50)] {
                let outcome = try await probe.enqueue(
                    probe.work(of: job, at: date, due: due, payload: "\(date)", debounced))
                guard case .existing(let postponed) = outcome, postponed.id == first.id else {
                    throw ContractViolation("debounced work was queued twice: \(outcome)")
                }
                try probe.expect(postponed.progress.dueAt, probe.at(expected), "the postponed due date")
                try probe.expect(
                    postponed.payload, JSONPayload(trusted: Data("\"\(date)\"".utf8)), "the newest payload")
                try probe.expect(await probe.execution(first.id), postponed, "the stored execution")
            }
            try probe.expect(await probe.claim(at: 49).count, 0, "the executions claimed before the due date")
            _ = try await probe.claimOne(at: 50)
            let next = probe.work(of: job, at: 51, due: 81, debounced)
            try probe.expect(await probe.enqueue(next), .queued(next), "debounced work after the other began")
        },
        Check("the last end of a batch queues what waits for it") { probe in
            let (job, other) = (probe.queue(), probe.queue())
            try await probe.insert(job, other)
            let batch = BatchID(bits: probe.id())
            let members = (0..<5).map { number in
                probe.execution(of: number == 4 ? other : job) { $0.batchID = batch }
            }
            let followUp = probe.execution(of: job) { $0.awaitedBatch = batch }
            let outcomes = try await probe.store.enqueue(members + [followUp])
            guard case .queued(let waiting) = outcomes[5] else {
                throw ContractViolation("nothing waits for the batch")
            }
            try probe.expect(waiting.status, .waiting, "the status of what waits for a batch")
            try probe.expect(waiting.progress.batch?.unfinished, 5, "the number of unfinished executions")
            let claims = try await probe.claim(3)
            try await probe.finish(claims[0], .succeeded)
            try await probe.finish(claims[1], .failed(probe.failure))
            try await probe.finish(claims[2], .retry(at: probe.at(25), after: probe.failure))
            _ = try await probe.cancel(members[3].id)
            _ = try await probe.store.delete([other.id])
            let before = try await probe.execution(followUp.id)
            try probe.expect(before.status, .waiting, "its status before the last end")
            try await probe.finish(try await probe.claimOne(at: 30), .succeeded, at: 35)
            let after = try await probe.execution(followUp.id)
            try probe.expect(after.status, .queued, "its status after the last end")
            try probe.expect(after.progress.dueAt, probe.at(35), "its due date")
            let counts = after.progress.batch
            try probe.expect(
                [counts?.total, counts?.succeeded, counts?.failed, counts?.canceled, counts?.expired], [5, 2, 1, 2, 0],
                "the counts of the batch")
            try probe.expect(await probe.claimOne(at: 40).execution.id, followUp.id, "the execution claimed then")
        },
        Check("what waits for a batch without executions is queued at once") { probe in
            let job = probe.queue()
            try await probe.insert(job)
            let followUp = probe.execution(of: job) { $0.awaitedBatch = BatchID(bits: 7) }
            _ = try await probe.enqueue(followUp)
            try probe.expect(await probe.claimOne().execution.id, followUp.id, "the execution claimed")
        },
        Check("a paused queue holds its work, and a paused schedule does not") { probe in
            let (queue, timetable) = (probe.queue(), probe.job())
            try await probe.insert(queue, executions: [probe.execution(of: queue), probe.execution(of: queue)])
            try await probe.insert(timetable, executions: [probe.execution(of: timetable)])
            let running = try await probe.claim(1)[0]
            for job in [queue, timetable] {
                var state = try await probe.job(job.id).scheduleState
                (state.state, state.next) = (.paused, nil)
                _ = try await probe.store.replace(
                    JobReplacement(
                        id: job.id, expectedRevision: state.revision, scheduleState: state, date: probe.at(12)))
            }
            _ = try await probe.enqueue(probe.execution(of: queue))
            try probe.expect(
                await probe.claim().map(\.job.id), [timetable.id], "the jobs whose executions are claimed in a pause")
            try await probe.finish(running, .succeeded)
            try probe.expect(await probe.claim(at: 1000).count, 0, "the executions of the paused queue")
            var state = try await probe.job(queue.id).scheduleState
            state.state = .active
            _ = try await probe.store.replace(
                JobReplacement(id: queue.id, expectedRevision: state.revision, scheduleState: state, date: probe.at(12))
            )
            try probe.expect(
                await probe.claim(at: 1000).map(\.job.id), [queue.id, queue.id], "the executions after the pause")
        },
        Check("a dead letter is one until it is replayed or discarded") { probe in
            let job = probe.queue()
            let executions = (0..<4).map { _ in probe.execution(of: job) }
            try await probe.insert(job, executions: executions)
            for claim in try await probe.claim(3) { try await probe.finish(claim, .failed(probe.failure)) }
            let letters = ExecutionQuery(order: .ascending).with { $0.isDeadLetter = true }
            try probe.expect(
                await probe.store.executions(letters).items.map(\.id), executions.prefix(3).map(\.id),
                "the dead letters")
            let replay = probe.execution(of: job) { $0.replayOf = executions[0].id }
            _ = try await probe.enqueue(replay)
            try probe.expect(
                await probe.store.discard([executions[1].id, executions[3].id, executions[0].id], at: probe.at(50)),
                [true, false, false], "whether each was a dead letter")
            try probe.expect(
                await probe.store.executions(letters).items.map(\.id), [executions[2].id],
                "the rest of the dead letters")
            try probe.expect(
                await [probe.execution(executions[0].id), probe.execution(executions[1].id)].map(\.progress.resolution),
                [.replayed(replay.id), .discarded(probe.at(50))], "what was done about them")
        },
        Check("the next attempt gets the checkpoint that was saved last") { probe in
            let job = probe.queue()
            try await probe.insert(job, executions: [probe.execution(of: job)])
            let claim = try await probe.claimOne()
            let checkpoint = JSONPayload(trusted: Data("[7]".utf8))
            for (token, saved) in [(claim.lease.token, checkpoint), (claim.lease.token, nil)] {
                _ = try await probe.store.renew([
                    LeaseRenewal(
                        executionID: claim.execution.id, token: token, expiresAt: probe.at(90), checkpoint: saved)
                ])
            }
            try await probe.finish(claim, .released(until: probe.at(30)), attempt: probe.attempt(1))
            let next = try await probe.claimOne(at: 30)
            try probe.expect(next.execution.progress.checkpoint, checkpoint, "the checkpoint")
            let ended = try await probe.finish(next, .succeeded, at: 40)
            try probe.expect(ended.progress.checkpoint, nil, "the checkpoint of an execution that succeeded")
        },
    ]
}

extension StoreProbe {
    /// A job without a schedule.
    func queue(_ change: (inout JobDefinition) -> Void = { _ in }) -> Job {
        job("a queue", next: nil, schedule: .onDemand, change)
    }

    /// An execution that is requested at a date and unique.
    fileprivate func work(
        of job: Job, at seconds: Double = 0, due: Double? = nil, payload: String? = nil, _ uniqueness: Uniqueness
    ) -> Execution {
        var details = ExecutionDetails.none
        details.uniqueness = uniqueness
        return job.execution(
            id: ExecutionID(bits: id()), source: .manual, scheduledFor: at(due ?? seconds), createdAt: at(seconds),
            payload: payload.map { JSONPayload(trusted: Data("\"\($0)\"".utf8)) }, details: details)
    }

    func enqueue(_ execution: Execution) async throws -> EnqueueOutcome {
        try only(await store.enqueue([execution]))
    }
}
