import Foundation
import RotaRetry
import RotaStore

extension StoreContract {
    /// A scheduler reads the due work and when to look again.
    static let agendas: [Check] = [
        Check("an empty store has no due work") { probe in
            let dueWork = try await probe.store.dueWork(at: probe.at(0), limit: 10)
            try probe.expect(dueWork.dueJobs, [], "the due jobs")
            try probe.expect(dueWork.expiredLeases, [], "the expired leases")
            try probe.expect(dueWork.isTruncated, false, "isTruncated")
            try probe.expect(dueWork.nextWakeup, nil, "the next wakeup")
        },
        Check("jobs are due from their next occurrence, the longest overdue first") { probe in
            let jobs = [probe.job(next: 120), probe.job(next: 60), probe.job(next: 180), probe.job(next: nil)]
            try await probe.insert(jobs[0], jobs[1], jobs[2], jobs[3])
            let dueWork = try await probe.store.dueWork(at: probe.at(120), limit: 10)
            try probe.expect(dueWork.dueJobs, [jobs[1], jobs[0]], "the due jobs")
            try probe.expect(dueWork.nextWakeup, probe.at(180), "the next wakeup")
            let before = try await probe.store.dueWork(at: probe.at(59), limit: 10)
            try probe.expect(before.dueJobs, [], "the jobs due a second before")
            try probe.expect(before.nextWakeup, probe.at(60), "the next wakeup then")
        },
        Check("an occurrence is due at its effective date") { probe in
            var job = probe.job(next: 60)
            job.scheduleState.nextEffective = probe.at(75)
            try await probe.insert(job)
            let before = try await probe.store.dueWork(at: probe.at(60), limit: 10)
            try probe.expect(before.dueJobs, [], "the jobs due at the nominal date")
            try probe.expect(before.nextWakeup, probe.at(75), "the next wakeup")
            let after = try await probe.store.dueWork(at: probe.at(75), limit: 10)
            try probe.expect(after.dueJobs, [job], "the jobs due at the effective date")
        },
        Check("only active jobs and paused jobs that resume are due") { probe in
            let idle = [JobState.draft, .completed, .paused].map { probe.job(state: $0) }
            var resting = probe.job(state: .paused)
            resting.scheduleState.resumesAt = probe.at(300)
            try await probe.insert(idle[0], idle[1], idle[2], resting)
            let before = try await probe.store.dueWork(at: probe.at(299), limit: 10)
            try probe.expect(before.dueJobs, [], "the jobs due before the paused job resumes")
            try probe.expect(before.nextWakeup, probe.at(300), "the next wakeup")
            let after = try await probe.store.dueWork(at: probe.at(300), limit: 10)
            try probe.expect(after.dueJobs, [resting], "the jobs due then")
        },
        Check("a limit leaves out the least overdue jobs and reports it") { probe in
            let jobs = [60.0, 120, 180].map { probe.job(next: $0) }
            try await probe.insert(jobs[0], jobs[1], jobs[2])
            let dueWork = try await probe.store.dueWork(at: probe.at(500), limit: 2)
            try probe.expect(dueWork.dueJobs, Array(jobs.prefix(2)), "the due jobs")
            try probe.expect(dueWork.isTruncated, true, "isTruncated")
        },
        Check("a job that fired is next due at its next occurrence") { probe in
            let job = probe.job()
            try await probe.insert(job)
            let fire = probe.fire(job, at: 60)
            _ = try await probe.store.fire([fire])
            let dueWork = try await probe.store.dueWork(at: probe.at(60), limit: 10)
            try probe.expect(dueWork.dueJobs, [], "the due jobs")
            try probe.expect(dueWork.nextWakeup, probe.at(120), "the next wakeup")
        },
        Check("the next wakeup considers queued executions and leases") { probe in
            let job = probe.job(next: nil)
            let execution = probe.execution(of: job, at: 40)
            try await probe.insert(job, executions: [execution])
            try probe.expect(
                await probe.store.dueWork(at: probe.at(0), limit: 1).nextWakeup, probe.at(40),
                "the next wakeup for the execution")
            let claim = try await probe.claimOne(at: 40, lease: 30)
            let held = try await probe.store.dueWork(at: probe.at(69), limit: 1)
            try probe.expect(held.nextWakeup, probe.at(70), "the next wakeup for the lease")
            try probe.expect(held.expiredLeases, [], "the leases expired before")
            let over = try await probe.store.dueWork(at: probe.at(70), limit: 1)
            try probe.expect(over.expiredLeases.map(\.execution), [claim.execution], "the expired leases")
            try probe.expect(over.expiredLeases.map(\.job.id), [job.id], "their jobs")
        },
    ]
}

extension StoreContract {
    /// A pass is one step, and a call whose answer was lost can be repeated.
    static let turns: [Check] = [
        Check("a completion and an enqueuing that are repeated get the first answer again, and count once") { probe in
            let job = probe.job { $0.retention = .last(10) }
            let execution = probe.execution(of: job)
            try await probe.insert(job)
            _ = try await probe.store.enqueue([execution])
            let again = try await probe.only(probe.store.enqueue([execution]))
            try probe.expect(again, .existing(execution), "the outcome of enqueuing it again")
            for next in [Completion.Next.retry(at: probe.at(30), after: probe.failure), .succeeded] {
                let claim = try await probe.claimOne(at: next == .succeeded ? 30 : 10)
                let completion = Completion(
                    executionID: execution.id, token: claim.lease.token,
                    attempt: probe.attempt(1, failure: next == .succeeded ? nil : probe.failure), next: next,
                    date: probe.at(40))
                let first = try await probe.only(probe.store.finish([completion]))
                try probe.expect(
                    await probe.only(probe.store.finish([completion])), first, "the outcome of the repeated completion")
            }
            try probe.expect(await probe.execution(execution.id).attempts.count, 2, "the number of attempts")
            try probe.expect(await probe.job(job.id).statistics.succeeded, 1, "the number of successes")
            let other = job.execution(
                id: execution.id, source: .manual, scheduledFor: probe.at(5), createdAt: probe.at(0))
            try await probe.expect(.duplicate, "another execution with a known identifier") {
                _ = try await probe.store.enqueue([other])
            }
        },
        Check("a turn does what its operations do, with a plan for the due work") { probe in
            let (due, queue) = (probe.job("due"), probe.job("queue", next: nil))
            try await probe.insert(due)
            try await probe.insert(queue, executions: [probe.execution(of: queue), probe.execution(of: queue)])
            let claims = try await probe.claim(lease: 20)
            try probe.expect(claims.count, 2, "the number of claims")
            var turn = StoreTurn()
            turn.completions = [
                Completion(
                    executionID: claims[0].execution.id, token: claims[0].lease.token, attempt: probe.attempt(1),
                    next: .succeeded, date: probe.at(60))
            ]
            let fire = probe.fire(due, at: 60)
            let crash = Completion(
                executionID: claims[1].execution.id, token: claims[1].lease.token,
                attempt: probe.attempt(1, failure: probe.failure), next: .failed(probe.failure), date: probe.at(60))
            turn.due = StoreTurn.Due(now: probe.at(60), limit: 10) { work in
                guard work.dueJobs.map(\.id) == [due.id],
                    work.expiredLeases.map(\.execution.id) == [crash.executionID]
                else { return StoreTurn.Plan() }
                return StoreTurn.Plan(completions: [crash], fires: [fire])
            }
            turn.claim = ClaimRequest(owner: "one", limit: 10, now: probe.at(60), leaseExpiresAt: probe.at(90))
            let outcome = try await probe.store.turn(turn)
            try probe.expect(
                outcome.claims.map(\.execution.id), fire.executions.map(\.id), "the executions that the turn claimed")
            try probe.expect(
                await [probe.execution(claims[0].execution.id), probe.execution(crash.executionID)].map(\.status),
                [.succeeded, .failed], "the statuses after the turn")
            var renewal = StoreTurn()
            renewal.renewals = [
                LeaseRenewal(
                    executionID: fire.executions[0].id, token: outcome.claims[0].lease.token, expiresAt: probe.at(200))
            ]
            try probe.expect(await probe.store.turn(renewal).renewals, [.renewed], "the renewal of the turn")
            try probe.expect(
                await probe.execution(fire.executions[0].id).progress.lease?.expiresAt, probe.at(200), "the lease's end"
            )
        },
    ]
}
