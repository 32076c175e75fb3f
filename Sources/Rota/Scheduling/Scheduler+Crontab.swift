public import RotaRetry
public import RotaStore

extension Scheduler {
    /// Creates a job for every line of a crontab, in one atomic step (T-51 to T-54).
    ///
    /// A line that was imported before and whose job still exists adds nothing, so that the same text can be imported
    /// again and again; a line that is gone from the text leaves its job alone.
    ///
    /// - Parameters:
    ///   - text: The lines, as ``Crontab`` reads them; at most ``maximumBatch`` of them are jobs.
    ///   - defaultURL: Where lines without a URL go, or `nil` if every line must have one.
    ///   - zone: The time zone of the expressions before any `CRON_TZ`, by its IANA identifier.
    ///   - policy: Whether one line that cannot be read keeps the others out.
    ///   - retry: The retry policy of the jobs.
    ///   - labels: The labels of the jobs, such as a group; without a slug, which only one job can have.
    ///   - author: Who imports them, if that is to be remembered.
    /// - Throws: ``CrontabError`` if lines cannot be read and the policy is all or nothing; ``SchedulerError`` with
    ///   code `invalidJob`, `invalidRequest` or `tooMany`; or the store's error. Then no job was created.
    @discardableResult
    public func importCrontab(
        _ text: String, defaultURL: String? = nil, in zone: String = "UTC",
        policy: CrontabImport.Policy = .allOrNothing, retry: RetryPolicy = .default, attributes: JobAttributes = .none,
        author: String? = nil
    ) async throws -> CrontabImport {
        guard attributes.slug == nil else {
            throw SchedulerError(
                .invalidRequest, "A slug belongs to one job, so a crontab cannot give the same one to all.",
                value: attributes.slug)
        }
        let crontab =
            switch policy {
            case .allOrNothing: try Crontab(text, defaultURL: defaultURL, in: zone)
            case .validLines: Crontab(validLinesOf: text, defaultURL: defaultURL, in: zone)
            }
        let outcomes = try await insert(
            crontab.entries.map { entry in
                var draft = entry.draft(retry: retry)
                if attributes != .none { draft.definition.attributes = attributes }
                draft.author = author
                return draft
            })
        var jobs: [Job] = []
        var added = 0
        for outcome in outcomes {
            switch outcome {
            case .existing(let job): jobs.append(job)
            case .inserted(let job):
                jobs.append(job)
                added += 1
            }
        }
        return CrontabImport(jobs: jobs, added: added, problems: crontab.problems, settings: crontab.settings)
    }
}
