import Foundation
import RotaStore
import RotaTesting
import Synchronization

extension StoreFault {
    static let driving: [StoreFault] = [
        StoreFault("loses the skips of a fire", "a fire queues its executions") { store in
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
            "fires from old positions", "of two fires planned from one schedule state",
            "of many who fire one schedule state"
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
        StoreFault("gives up a batch at its first conflict", "a job that does not run its schedule") { store in
            store.fireHook = { base, fires in
                var outcomes: [FireRequest.Outcome] = []
                for fire in fires where !outcomes.contains(.conflict) { outcomes += try await base.fire([fire]) }
                return outcomes + Array(repeating: .conflict, count: fires.count - outcomes.count)
            }
        },
        StoreFault("fires what is behind the cursor", "an instant at or before the cursor") { store in
            store.fireHook = { base, fires in
                let outcomes = try await base.fire(fires)
                guard outcomes == [.conflict], fires.count == 1 else { return outcomes }
                _ = try? await base.enqueue(fires[0].executions)
                return [.fired(executions: fires[0].executions, skips: [], replaced: [])]
            }
        },
        StoreFault("fires the half of a fire that it can", "a fire whose execution is another's") { store in
            store.fireHook = { base, fires in
                try await base.fire(
                    fires.map { fire in
                        var fire = fire
                        fire.executions = Array(fire.executions.prefix(1))
                        return fire
                    })
            }
        },
        StoreFault("never completes a job", "I-24 ") { store in
            store.jobHook = { base, id in
                var job = try await base.job(id)
                if job?.state == .completed { job?.scheduleState.state = .active }
                return job
            }
        },
        StoreFault("does not wait for the end of a run", "a schedule that counts from the end of a run waits") {
            store in
            store.jobHook = { base, id in
                var job = try await base.job(id)
                if let scheduleState = job?.scheduleState, scheduleState.next == nil {
                    job?.scheduleState.next = scheduleState.decidedThrough.addingTimeInterval(60)
                }
                return job
            }
        },
        StoreFault("waits for a run that was called off", "a schedule that counts from the end of a run goes on") {
            store in
            store.jobHook = { base, id in
                var job = try await base.job(id)
                job?.scheduleState.next = nil
                return job
            }
        },
        StoreFault("records no repeated instants", "an instant that has run is not run again") { store in
            store.skipsHook = { base, job in try await base.skips(of: job).filter { $0.reason != .duplicate } }
        },
        StoreFault(
            "lets runs overlap whatever is said", "I-22 ", "I-23 ", "an occurrence takes the place of those",
            "an occurrence takes the place of one that runs", "an occurrence takes the place of one that has"
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
        StoreFault("lets no runs overlap", "I-21 ") { store in
            store.insertHook = { base, all in
                try await base.insert(
                    all.map { insertion in
                        var insertion = insertion
                        insertion.job.definition.overlap = .skip
                        return insertion
                    })
            }
        },
        StoreFault("always asks to be looked at again", "an empty store has nothing to do") { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.nextWakeup = moment.now + 1
                return agenda
            }
        },
        StoreFault(
            "names the least overdue job first, and hides that there are more", "jobs are due from their next",
            "a limit leaves the least overdue out"
        ) { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.dueJobs.reverse()
                agenda.isTruncated = false
                return agenda
            }
        },
        StoreFault(
            "goes by the nominal instant alone", "an occurrence that was moved", "only active jobs are due"
        ) { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.dueJobs = try await base.jobs(JobQuery()).items.filter {
                    $0.scheduleState.next.map { $0 <= moment.now } ?? false
                }
                return agenda
            }
        },
        StoreFault("remembers what was due", "a job that has fired is due") { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.dueJobs = try await base.jobs(JobQuery()).items
                return agenda
            }
        },
        StoreFault(
            "knows no next wake", "the next wake names queued executions", "S-32 what is due outside", "S-34 no more",
            "a retry is a due time"
        ) { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.nextWakeup = nil
                return agenda
            }
        },
        StoreFault("does not say that something has expired", "S-66 what has expired is not claimed") { store in
            store.agendaHook = { base, moment in
                var agenda = try await base.dueWork(at: moment.now, limit: moment.limit)
                agenda.isPruningDue = false
                return agenda
            }
        },
    ]
}
