import RotaStore

extension Scheduler {
    /// Runs until the task is canceled or ``beginShutdown()`` is called.
    ///
    /// On shutdown nothing new is begun; what is running may go on for the configuration's grace period, then it is
    /// canceled and given back to the store, for this scheduler's next run or another one. On cancellation the running
    /// work is canceled at once and given back. In both cases the method returns when nothing is left running.
    ///
    /// - Throws: ``SchedulerError`` with code `alreadyRunning`, `invalidConfiguration`, `unusableClock` or
    ///   `unusableStore`; or the store's error, if the store can no longer remember what is done.
    public func run() async throws {
        guard context.status.begin() else {
            throw SchedulerError(
                .alreadyRunning, "This scheduler is running already; call `run()` once, or make another scheduler.")
        }
        defer {
            context.status.change(to: .ended)
            context.events.finish()
        }
        try context.configuration.validate()
        let cancellation = StopRequest()
        // What was done must be recorded even when the caller is canceled, so the driver's own task never is.
        let driving = Task { @concurrent [self] in try await drive(until: cancellation) }
        try await withTaskCancellationHandler {
            try await driving.value
        } onCancel: {
            cancellation.make()
            context.signal.raise()
        }
    }

    /// Asks ``run()`` to finish; it may be called from anywhere, any number of times, also before ``run()``.
    public nonisolated func beginShutdown() {
        context.stop.make()
        context.signal.raise()
    }

    @concurrent private nonisolated func drive(until cancellation: StopRequest) async throws {
        let queue = WorkQueue<Work>()
        let outbox = Outbox<AttemptResult>(signal: context.signal)
        let runner = AttemptRunner(
            transport: transport, secrets: secrets, handlers: handlers, middleware: middleware, context: context)
        for missing in try await MissingHandlers(store: context.store, handlers: handlers).find() {
            context.events.missedHandler(missing.name, jobs: missing.jobs, at: context.clock.now)
        }
        var driver = Driver(context: context, queue: queue, outbox: outbox, random: random)
        do {
            try await work(for: &driver, until: cancellation, queue, outbox, runner)
        } catch {
            // All workers are done by now, and nobody else looks at what they leave.
            await driver.giveBackUnbegun()
            throw error
        }
    }

    /// Lets workers do what a driver hands out, until it ends.
    private nonisolated func work(
        for driver: inout Driver, until cancellation: StopRequest, _ queue: WorkQueue<Work>,
        _ outbox: Outbox<AttemptResult>, _ runner: AttemptRunner
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<context.configuration.maximumConcurrency {
                let worker = context.workforce.hire()
                group.addTask {
                    await worker.work {
                        while let work = await queue.next(isDrained: outbox.flush) {
                            worker.begin(work.claim.heldLease)
                            var result = await SleeperTag.$current.withValue(work.claim.tag) { await runner.run(work) }
                            result.canceledBecause = worker.end()
                            outbox.push(result, isUrgent: result.duration > .milliseconds(1))
                            guard result.canceledBecause == nil else {
                                outbox.flush()
                                return true
                            }
                        }
                        return false
                    }
                }
            }
            defer {
                queue.close()
                context.workforce.dismiss()
            }
            do {
                try await driver.run(until: cancellation, cancelWorkers: { group.cancelAll() })
            } catch {
                // What the store cannot record is not worth finishing: its leases run out, and others take over.
                group.cancelAll()
                throw error
            }
        }
    }
}
