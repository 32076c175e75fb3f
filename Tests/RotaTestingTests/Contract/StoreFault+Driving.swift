import Foundation
import RotaStore
import RotaTesting
import Synchronization

extension StoreFault {
    static let driving: [StoreFault] = [
        StoreFault("loses the skips of a fire", "a fire queues executions, records skips and moves the schedule state")
        { store in
            store.fireHook = { base, fires in
                try await base.fire(
                    fires.map { fire in
                        var fire = fire
                        fire.skips = []
                        return fire
                    })
            }
        },
        StoreFault(
            "fires from old schedule states",
            "the second of two fires from one schedule state conflicts and changes nothing",
            "only one of several concurrent fires succeeds"
        ) { store in
            store.fireHook = { base, fires in
                var outcomes: [FireRequest.Outcome] = []
                for var fire in fires {
                    fire.expectedRevision = try await base.job(fire.jobID)?.revision ?? 0
                    let outcome = try await base.fire([fire])
                    if outcome == [.conflict] { _ = try? await base.enqueue(fire.executions) }
                    outcomes.append(.fired(executions: fire.executions, skips: [], replaced: []))
                }
                return outcomes
            }
        },
        StoreFault(
            "stops a batch at its first conflict",
            "a job that is not active or was deleted does not fire and does not block others"
        ) { store in
            store.fireHook = { base, fires in
                var outcomes: [FireRequest.Outcome] = []
                for fire in fires where !outcomes.contains(.conflict) { outcomes += try await base.fire([fire]) }
                return outcomes + Array(repeating: .conflict, count: fires.count - outcomes.count)
            }
        },
        StoreFault("fires dates before the cursor", "a date at or before the cursor cannot be fired") { store in
            store.fireHook = { base, fires in
                let outcomes = try await base.fire(fires)
                guard outcomes == [.conflict], fires.count == 1 else { return outcomes }
                _ = try? await base.enqueue(fires[0].executions)
                return [.fired(executions: fires[0].executions, skips: [], replaced: [])]
            }
        },
        StoreFault("fires a part of a fire", "a fire with another job's execution is refused as a whole") { store in
            store.fireHook = { base, fires in
                try await base.fire(
                    fires.map { fire in
                        var fire = fire
                        fire.executions = Array(fire.executions.prefix(1))
                        return fire
                    })
            }
        },
        StoreFault("never completes a job", "a job is completed when its limit of executions is reached") { store in
            store.jobHook = { base, id in
                var job = try await base.job(id)
                if job?.state == .completed { job?.scheduleState.state = .active }
                return job
            }
        },
        StoreFault("does not wait for completion", "a schedule that counts from completion waits for the execution") {
            store in
            store.jobHook = { base, id in
                var job = try await base.job(id)
                if let scheduleState = job?.scheduleState, scheduleState.next == nil {
                    job?.scheduleState.next = scheduleState.decidedThrough.addingTimeInterval(60)
                }
                return job
            }
        },
        StoreFault(
            "waits for a canceled execution", "a schedule that counts from completion continues after a cancellation"
        ) {
            store in
            store.jobHook = { base, id in
                var job = try await base.job(id)
                job?.scheduleState.next = nil
                return job
            }
        },
        StoreFault("does not record repeated dates", "a date that fired does not fire again under another schedule") {
            store in
            store.skipsHook = { base, job in try await base.skips(of: job).filter { $0.reason != .duplicate } }
        },
        StoreFault(
            "ignores overlap policies", "an occurrence is skipped while an earlier scheduled execution is unfinished",
            "scheduled executions queue up to the limit and run one at a time",
            "an occurrence replaces executions that have not started",
            "an occurrence that replaces a running execution waits for its end",
            "an occurrence replaces an expired execution that was not pruned yet"
        ) { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.overlap = .allow
                        return insertion
                    })
            }
        },
        StoreFault(
            "never counts triggered executions",
            "a policy that counts triggered executions skips while one is unfinished, and delays none",
            "a queue that counts triggered executions runs all executions of the job one at a time",
            "an occurrence replaces triggered executions if its policy counts them"
        ) { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        let policy = insertion.job.definition.overlap
                        insertion.job.definition.overlap = OverlapPolicy(rule: policy.rule)
                        return insertion
                    })
            }
        },
        StoreFault(
            "loses the work that follows a batch",
            "an execution that awaits its batch holds nothing up where all executions run one at a time"
        ) { store in
            store.enqueueHook = { base, executions in
                try await base.enqueue(executions.filter { $0.details.awaitedBatch == nil })
            }
        },
        StoreFault("never lets executions overlap", "executions overlap by default") { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.overlap = .skip
                        return insertion
                    })
            }
        },
        StoreFault("always reports a next wakeup", "an empty store has no due work") { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.nextWakeup = moment.now + 1
                return agenda
            }
        },
        StoreFault(
            "lists the least overdue job first and hides truncation",
            "jobs are due from their next occurrence, the longest overdue first",
            "a limit leaves out the least overdue jobs and reports it"
        ) { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.dueJobs.reverse()
                agenda.isTruncated = false
                return agenda
            }
        },
        StoreFault(
            "uses the nominal date alone", "an occurrence is due at its effective date",
            "only active jobs and paused jobs that resume are due"
        ) { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.dueJobs = try await base.jobs(JobQuery()).items.filter {
                    $0.scheduleState.next.map { $0 <= moment.now } ?? false
                }
                return agenda
            }
        },
        StoreFault("repeats earlier due work", "a job that fired is next due at its next occurrence") { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.dueJobs = try await base.jobs(JobQuery()).items
                return agenda
            }
        },
        StoreFault(
            "never reports a next wakeup", "the next wakeup considers queued executions and leases",
            "an execution due outside its job's window waits for the window to open",
            "a job's rate limit holds in every sliding window", "a retry is a due date in the store"
        ) { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.nextWakeup = nil
                return agenda
            }
        },
        StoreFault("does not report due pruning", "an expired execution is not claimed") { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.isPruningDue = false
                return agenda
            }
        },
    ]
}
