import Foundation
import RotaStore

extension StoreContract {
    /// What happens when an occurrence is due while an earlier run of the schedule is not over.
    static let overlap: [Check] = [
        Check("I-21 runs of a job may overlap if nothing else is said") { probe in
            let job = probe.job()
            try await probe.insert(job)
            _ = try await probe.store.fire([probe.fire(job, at: 60, 120)])
            try probe.expect(await probe.claim(at: 200).count, 2, "the number that runs at once")
        },
        Check("I-22 an occurrence is skipped while an earlier run of the schedule is not over") { probe in
            let job = probe.job { $0.overlap = .skip }
            try await probe.insert(job, runs: [probe.run(of: job)])
            _ = try await probe.store.fire([probe.fire(job, at: 60, 120)])
            try await probe.expectSkips(of: job, [120: .overlap])
            try probe.expect(await probe.runs(ExecutionQuery(from: probe.at(60))).count, 1, "the runs of the schedule")
            // The manual run holds nothing up, but a run that waits for its retry or an answer is not over.
            for claim in try await probe.claim(at: 60) {
                let isManual = claim.execution.source == .manual
                try await probe.finish(claim, isManual ? .succeeded : .parked(until: nil), at: 61)
            }
            _ = try await probe.store.fire([probe.fire(try await probe.job(job.id), at: 180)])
            try await probe.expectSkips(of: job, [120: .overlap, 180: .overlap])
            for run in try await probe.runs(ExecutionQuery(statuses: [.waiting])) { _ = try await probe.cancel(run.id) }
            _ = try await probe.store.fire([probe.fire(try await probe.job(job.id), at: 240)])
            try await probe.expectSkips(of: job, [120: .overlap, 180: .overlap])
        },
        Check("I-23 runs of the schedule wait for each other, as many as the limit allows") { probe in
            let job = probe.job { $0.overlap = .queue(limit: 2) }
            try await probe.insert(job)
            let fire = probe.fire(job, at: 60, 120, 180, 240)
            _ = try await probe.store.fire([fire])
            try await probe.expectSkips(of: job, [240: .overlap])
            let first = try await probe.claimOne(at: 300)
            try probe.expect(first.execution.scheduledFor, probe.at(60), "the occurrence that goes first")
            try await probe.finish(first, .retry(at: probe.at(400), after: probe.failure), at: 310)
            try probe.expect(await probe.claim(at: 320), [], "what may run while the first waits for its retry")
            let again = try await probe.claimOne(at: 400)
            try probe.expect(again.execution.id, first.execution.id, "what runs at its retry")
            try await probe.store.enqueue([probe.run(of: job, at: 0)])
            try probe.expect(
                await probe.claim(at: 401).map(\.execution.source), [.manual], "what else may run at the same time")
            try await probe.finish(again, .parked(until: nil), at: 402)
            try probe.expect(await probe.claim(at: 403), [], "what may run while the first waits for an answer")
            _ = try await probe.cancel(again.execution.id, at: 404)
            let second = try await probe.claimOne(at: 405)
            try probe.expect(second.execution.scheduledFor, probe.at(120), "the occurrence that goes second")
        },
        Check("an occurrence takes the place of those that have not begun") { probe in
            let job = probe.job { $0.overlap = .replace }
            let manual = probe.run(of: job, at: 5000)
            try await probe.insert(job, runs: [manual])
            let first = probe.fire(job, at: 60)
            _ = try await probe.store.fire([first])
            let second = probe.fire(try await probe.job(job.id), at: 120)
            guard case .fired(let fired, _, let replaced) = try await probe.only(probe.store.fire([second])) else {
                throw ContractViolation("the second occurrence did not fire")
            }
            try probe.expect(fired, second.executions, "what is queued")
            try probe.expect(replaced.map(\.id), first.executions.map(\.id), "what was replaced")
            let old = try await probe.execution(first.executions[0].id)
            try probe.expect([old], replaced, "what was replaced, as it is kept")
            try probe.expect(old.progress.status, .canceled, "its status")
            try probe.require(old.progress.cancelReason != nil, "a reason why it was canceled")
            try probe.expect(
                await probe.claim(at: 130).map(\.execution.id), second.executions.map(\.id), "what may run")
            try probe.expect(await probe.execution(manual.id), manual, "the manual run")
        },
        Check("an occurrence takes the place of one that runs when that has ended") { probe in
            let job = probe.job { $0.overlap = .replace }
            try await probe.insert(job)
            _ = try await probe.store.fire([probe.fire(job, at: 60)])
            let running = try await probe.claimOne(at: 60)
            let second = probe.fire(try await probe.job(job.id), at: 120)
            guard case .fired(_, _, let replaced) = try await probe.only(probe.store.fire([second])) else {
                throw ContractViolation("the second occurrence did not fire")
            }
            try probe.expect(replaced.map(\.id), [running.execution.id], "what was replaced")
            try probe.expect(replaced.map(\.progress.status), [.running], "its status")
            try probe.expect(await probe.renew(running, until: 200), .cancelRequested, "what its runner is told")
            try probe.expect(await probe.claim(at: 125), [], "what may run before it has ended")
            try await probe.finish(running, .canceled, at: 130)
            try probe.expect(
                await probe.claim(at: 130).map(\.execution.id), second.executions.map(\.id), "what may run then")
        },
        Check("an occurrence takes the place of one that has expired, if nobody has ended that yet") { probe in
            let job = probe.job { definition in
                definition.overlap = .replace
                definition.limits.timeToLive = .seconds(10)
            }
            try await probe.insert(job)
            let first = probe.fire(job, at: 60)
            _ = try await probe.store.fire([first])
            try probe.expect(await probe.claim(at: 200), [], "what may run when the first has expired")
            let second = probe.fire(try await probe.job(job.id), at: 240)
            guard case .fired(_, _, let replaced) = try await probe.only(probe.store.fire([second])) else {
                throw ContractViolation("the second occurrence did not fire")
            }
            try probe.expect(replaced.map(\.id), first.executions.map(\.id), "what was replaced")
        },
    ]
}
