import Foundation
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
