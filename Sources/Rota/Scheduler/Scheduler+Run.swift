import RotaStore

extension Scheduler {
    /// Runs until the task is canceled or ``beginShutdown()`` is called.
    ///
    /// On shutdown, nothing new is started. Running executions may continue for
    /// ``SchedulerConfiguration/shutdownGrace``. Then they are canceled and released, for this scheduler's next run or
    /// for another one. On cancellation, running executions are canceled and released immediately.
    ///
    /// In both cases the method returns when nothing is left running, or at the latest
    /// ``SchedulerConfiguration/cancellationGrace`` after the cancellation. What has not ended by then is abandoned,
    /// each with an event (``SchedulerEvent/Kind/executionAbandoned``): its result is dropped, and its lease runs out,
    /// so that another scheduler or the next start recovers it.
    ///
    /// ```swift
    /// let running = Task { try await scheduler.run() }
    /// // … when the app quits:
    /// scheduler.beginShutdown()
    /// try await running.value
    /// ```
    ///
    /// - Throws: ``SchedulerError`` with code `alreadyRunning`, `invalidConfiguration`, `unusableClock` or
    ///   `unusableStore`; or the store's error, if the store can no longer record what happens. While a store is only
    ///   out of reach (`StoreError.isTemporary`), the method waits, keeps the results of attempts, and continues.
    public func run() async throws {
        try await run(until: Flag())
    }

    /// Runs until the task is canceled, the flag is set, or ``beginShutdown()`` is called.
    ///
    /// Setting the flag does what canceling the task does.
    private func run(until cancellation: Flag) async throws {
        guard context.status.begin() else {
            throw SchedulerError(
                .alreadyRunning, "This scheduler is already running. Call `run()` once, or create another scheduler.")
        }
        defer {
            // A scheduler can run again. A request made while nothing runs ends the next run at once.
            context.stop.clear()
            context.events.finish()
            context.status.change(to: .ended)
        }
        try context.configuration.validate()
        if context.stop.isSet { context.events.stoppedBeforeRunning(at: context.clock.now) }
        // Handlers that block all threads of the shared pool must not keep the driver from renewing their leases.
        let thread = context.clock is any VirtualClock ? nil : ThreadExecutor(name: "rota.driver")
        defer { thread?.close() }
        // Results must be recorded even when the caller is canceled, so the driver's own task never is.
        let driving = Task(executorPreference: thread) { @concurrent [self] in
            try await drive(on: thread, until: cancellation)
        }
        try await withTaskCancellationHandler {
            try await driving.value
        } onCancel: {
            cancellation.set()
            context.signal.raise()
        }
    }

    /// Runs until the process gets a signal, and shuts down as ``beginShutdown()`` does.
    ///
    /// For an app that no service framework runs:
    ///
    /// ```swift
    /// try await scheduler.run(stoppingOn: .terminate, .interrupt)
    /// ```
    ///
    /// A second signal cancels what is still running. While the method runs, the signals do not end the process; before
    /// it returns, it restores what they did before.
    ///
    /// - Parameter signals: The signals to stop on. Without any, this is ``run()``.
    /// - Throws: The errors of ``run()``; ``SchedulerError`` with code `illegalState` if signals cannot be watched.
    public func run(stoppingOn signals: ShutdownSignal...) async throws {
        let cancellation = Flag()
        let watch = try SignalWatch(signals) { [self] count in
            if count > 1 { cancellation.set() }
            beginShutdown()
        }
        defer { watch.end() }
        try await run(until: cancellation)
    }

    /// Asks ``run()`` to finish.
    ///
    /// Can be called from anywhere, any number of times. If nothing is running, the next ``run()`` returns at once, so
    /// a service that is stopped while it starts does stop. Observers get
    /// ``SchedulerObserver/didStopBeforeRunning(at:)``. The call after that runs again.
    public nonisolated func beginShutdown() {
        context.stop.set()
        context.signal.raise()
    }

    @concurrent private nonisolated func drive(on thread: ThreadExecutor?, until cancellation: Flag) async throws {
        let queue = WorkQueue<ClaimedWork>()
        let outbox = Outbox<AttemptResult>(signal: context.signal)
        context.status.setReturned { Set(outbox.elements.map(\.work.claim.tag)) }
        defer { context.status.setReturned(nil) }
        let runner = AttemptRunner(
            store: context.store, transport: transport, secrets: secrets, handlers: handlers, middleware: middleware,
            clock: context.clock,
            configuration: context.configuration, events: context.events, workers: context.workers,
            heartbeats: context.heartbeats, stop: context.stop, outbox: outbox)
        context.workers.start(
            context.configuration.maximumConcurrency, runner: runner, queue: queue, outbox: outbox)
        var driver = Driver(context: context, queue: queue, outbox: outbox, thread: thread, random: random)
        driver.prepare = { [self] in try await prepareToDrive() }
        let listening = Task { [context] in for await _ in context.store.news() { context.signal.raise() } }
        defer { listening.cancel() }
        let advised = Task { [context] in
            guard let store = context.store as? any ReportingStore else { return }
            for await advice in store.advice() { context.events.limitedStore(because: advice, at: context.clock.now) }
        }
        defer { advised.cancel() }
        let result: Result<Void, any Error>
        do { result = .success(try await driver.run(until: cancellation)) } catch { result = .failure(error) }
        queue.close()
        await context.workers.dismiss()
        try result.get()
    }

    /// Makes identifiers greater than those in the store, and tells of jobs that no handler here can run.
    private nonisolated func prepareToDrive() async throws {
        try await context.prepareIDs()
        let findings = try await HandlerAudit(store: context.store, handlers: handlers).find()
        for (name, jobs) in findings.missing {
            context.events.handlerMissing(
                name, jobs: jobs, similar: handlers.similar(to: name), at: context.clock.now)
        }
        for (job, reason) in findings.unreadable {
            context.events.payloadUnreadable(of: job, because: reason, at: context.clock.now)
        }
    }
}
