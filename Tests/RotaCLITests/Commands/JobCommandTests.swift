import Foundation
import Rota
import RotaAPI
import RotaCLI
import RotaHTTP
import RotaTestSupport
import RotaTesting
import Testing

@Suite("rota jobs")
struct JobCommandTests {
    private static let create = [
        "jobs", "create", "--name", "my-job", "--url", "https://example.com", "--kind", "cron", "--cron", "0 * * * *",
    ]

    @Test(
        "The command lines of both services work: create, list, get, pause, resume, run and delete",
        .rows("T-61 to T-68", "C-25"))
    func seeds() async throws {
        let bench = CLIBench()
        let created = await bench.run(Self.create + ["-o", "json"])
        let id = try #require(created.member("id"))
        #expect(created.exit == .done)
        #expect(await bench.run("jobs", "list").output.contains("my-job"))
        #expect(await bench.run("jobs", "list", "--state", "active", "-o", "ids").lines == [id])
        let shown = await bench.run("jobs", "get", id).output
        #expect(shown.contains("my-job") && shown.contains("0 * * * * (UTC)"))
        #expect(await bench.run("jobs", "pause", id).output == "Paused my-job.\n")
        #expect(await bench.run("jobs", "list", "--state", "active").lines == [])
        #expect(try await bench.scheduler.job(JobID(id) ?? JobID(bits: 0)).state == .paused)
        #expect(await bench.run("jobs", "resume", id, "--utc").output.contains("Next: 2026-03-15 11:00:00Z (in 1 h)"))
        let run = await bench.run("jobs", "run", id, "-o", "json")
        #expect(run.exit == .done && run.member("id") != nil && run.member("source") == "manual")
        #expect(await bench.run("jobs", "delete", id).output == "Deleted my-job.\n")
        #expect(await bench.run("jobs", "get", id).exit == .notFound)
    }

    @Test("The options of a job reach its definition")
    func definition() async throws {
        let bench = CLIBench()
        let scratch = try Scratch()
        let file = try scratch.write(#"{"b": 1, "a": [2]}"#, to: "body.json")
        let result = await bench.run(
            "jobs", "create", "--name", "n", "--slug", "s-1", "--every", "90s", "--url", "https://api.example.com/x",
            "--data", "@" + file, "--header", "X-A: b", "-H", "Authorization: Bearer secret://k", "--timeout", "5s",
            "--attempts", "7", "--tag", "team=billing", "--group", "g", "--project", "p", "--description", "d",
            "--paused", "--key", "k1", "-o", "json")
        let id = try #require(result.member("id").flatMap(JobID.init), "\(result.errors)")
        let job = try await bench.scheduler.job(id)
        let request = try #require(job.definition.action.request)
        #expect(
            job.state == .paused && job.definition.name == "n"
                && job.definition.schedule.summary.contains("1 minute and 30 seconds"))
        #expect(request.method == .post && request.timeout == .seconds(5))
        #expect(request.body == .json(["b": 1, "a": [2]]) && request.headers["X-A"] == "b")
        #expect(job.definition.retry.maxAttempts == 7)
        #expect(job.definition.attributes.tags == ["team": "billing"] && job.definition.attributes.slug == "s-1")
        // The same key, the same job.
        let again = await bench.run(
            "jobs", "create", "--name", "other", "--every", "1h", "--url", "https://x.example/", "--key", "k1", "-o",
            "json")
        #expect(again.member("id") == id.description)
        let once = await bench.run(
            "jobs", "create", "--name", "o", "--at", "now+2h", "--url", "https://x.example/", "-o", "json")
        #expect(once.json["schedule"]?["once"] == "2026-03-15T12:00:00Z")
        let onDemand = await bench.run(
            "jobs", "create", "--name", "q", "--kind", "on-demand", "--url", "https://x.example/", "-o", "json")
        #expect(onDemand.json["schedule"]?["onDemand"] == true)
    }

    @Test("An edit changes what is given, keeps the rest, and says what differs between versions")
    func edit() async throws {
        let bench = CLIBench()
        _ = await bench.run(Self.create + ["-H", "Authorization: Bearer abc", "-H", "X-A: 1", "--tag", "a=b"])
        let edited = await bench.run("jobs", "edit", "my-job", "--cron", "5 4 * * *", "-H", "x-a: 2", "--tag", "c=d")
        #expect(
            edited.output == "Changed schedule, action, attributes of my-job. It is version 2.\n", "\(edited.errors)")
        let job = try #require(try await bench.scheduler.jobs().items.first)
        let request = try #require(job.definition.action.request)
        // The credential was never shown, and is still there.
        #expect(request.headers["Authorization"] == "Bearer abc" && request.headers["X-A"] == "2")
        #expect(request.url == "https://example.com" && job.definition.attributes.tags == ["a": "b", "c": "d"])
        #expect(await bench.run("jobs", "get", "my-job", "-o", "json").output.contains("Bearer abc") == false)
        let diff = await bench.run("jobs", "versions", "my-job", "--diff", "1..2").lines
        #expect(diff.contains(#"- schedule.cron: "0 * * * *""#) && diff.contains(#"+ schedule.cron: "5 4 * * *""#))
        #expect(await bench.run("jobs", "edit", "my-job", "--cron", "5 4 * * *").output == "Nothing was changed.\n")
        let dry = await bench.run("jobs", "edit", "my-job", "--every", "1h", "--dry-run", "--utc")
        #expect(dry.exit == .done && dry.output.contains("2026-03-15 11:00:00Z"))
        #expect(try await bench.scheduler.job(job.id).version == 2)
    }

    @Test("Tags, header fields and texts are taken away by options")
    func removal() async throws {
        let bench = CLIBench()
        _ = await bench.run(
            Self.create + ["-H", "X-A: 1", "-H", "X-B: 2", "--tag", "a=b", "--tag", "c=d", "--description", "why"])
        let edited = await bench.run(
            "jobs", "edit", "my-job", "--remove-tag", "a", "--remove-header", "x-a", "--description", "")
        #expect(edited.exit == .done, "\(edited)")
        let job = try #require(try await bench.scheduler.jobs().items.first)
        #expect(job.definition.attributes.tags == ["c": "d"] && job.definition.attributes.description == nil)
        #expect(job.definition.action.request?.headers.fields.map(\.name) == ["X-B"])
        for words in [["--remove-tag", "a"], ["--remove-header", "X-A"]] {
            #expect(await bench.run(["jobs", "edit", "my-job"] + words).exit == .usage)
        }
        #expect(await bench.run("jobs", "edit", "my-job", "--remove-tag", "c", "--remove-header", "X-B").exit == .done)
        #expect(try await bench.scheduler.job(job.id).definition.attributes.tags.isEmpty)
    }

    @Test(
        "Exit codes tell why a command failed, and -o json says it as JSON",
        arguments: [
            (["jobs", "get", "nope"], ExitCode.notFound, "not_found"),
            (["executions", "get", "nope"], .notFound, "not_found"),
            (["jobs", "get", "twin"], .conflict, "conflict"),
            (
                ["jobs", "create", "--name", "x", "--cron", "61 * * * *", "--url", "https://x.example/"], .refused,
                "validation_error"
            ),
            (
                ["jobs", "create", "--name", "x", "--cron", "1 * * * *", "--url", "ftp://x.example/"], .refused,
                "validation_error"
            ),
            (["jobs", "list", "--cursor"], .usage, "usage"),
            (["jobs", "list", "--state", "sleeping"], .refused, "validation_error"),
            (["jobs", "apply", "-f", "/nonexistent/file"], .notFound, "unreadable_file"),
        ])
    func exits(_ words: [String], _ exit: ExitCode, _ code: String) async throws {
        let bench = CLIBench()
        _ = try await bench.job("twin")
        _ = try await bench.job("twin")
        let plain = await bench.run(words)
        #expect(plain.exit == exit && plain.errors.hasPrefix("rota: ") && plain.output == "", "\(plain)")
        let told = await bench.run(words + ["-o", "json"])
        let error = try JSONValue(parsing: told.errors)["error"]
        #expect(told.exit == exit && error?["code"] == .string(code), "\(told.errors)")
        #expect(error?["exit"] == .number(JSONValue.Number(Int64(exit.rawValue))))
    }

    @Test("A caller that may only read is told so with exit code 4")
    func readOnly() async throws {
        let bench = CLIBench(scopes: [.read])
        let id = try await bench.job("x")
        for words in [["jobs", "delete", id], ["jobs", "pause", id], ["jobs", "run", id], Self.create] {
            #expect(await bench.run(words).exit == .notAllowed)
        }
        #expect(await bench.run("jobs", "list").exit == .done)
    }

    @Test("Deleting asks at a terminal, and bulk changes ask with the count")
    func questions() async throws {
        let bench = CLIBench()
        for name in ["a1", "a2", "b1"] { _ = try await bench.job(name) }
        let no = await bench.run("jobs", "delete", "b1", answers: ["n"])
        #expect(no.exit == .failed && no.errors.contains("Delete b1 and all its executions? [y/N]"))
        #expect(await bench.run("jobs", "delete", "b1", answers: ["y"]).exit == .done)
        let unasked = await bench.run("jobs", "pause", "--search", "a")
        #expect(unasked.exit == .usage && unasked.errors.contains("2 jobs match. Add --yes to pause all of them."))
        let asked = await bench.run("jobs", "pause", "--search", "a", answers: ["no"])
        #expect(asked.exit == .failed && asked.errors.contains("2 jobs match. Pause all of them? [y/N]"))
        #expect(try await bench.scheduler.counts().jobs[.paused] ?? 0 == 0)
        #expect(await bench.run("jobs", "pause", "--search", "a", "--yes").output == "Paused 2 of 2 jobs.\n")
        #expect(
            await bench.run("jobs", "resume", "--state", "paused", answers: ["YES"]).output == "Resumed 2 of 2 jobs.\n")
        #expect(await bench.run("jobs", "delete", "--search", "zzz", "-y").output == "No job matches.\n")
        #expect(await bench.run("jobs", "delete", "--search", "a", "-y").output == "Deleted 2 of 2 jobs.\n")
    }

    @Test("Lists are read in pages as far as asked, and in every form")
    func lists() async throws {
        let bench = CLIBench()
        for number in 0..<60 { _ = try await bench.job("job-\(number)") }
        let page = await bench.run("jobs", "list")
        #expect(page.lines.count == 51 && page.errors.contains("There is more"))
        #expect(await bench.run("jobs", "list", "--all").lines.count == 61)
        #expect(await bench.run("jobs", "list", "-n", "7", "-o", "ids").lines.count == 7)
        let json = await bench.run("jobs", "list", "-n", "2", "-o", "json").json
        #expect(json["items"]?[1]?["name"] == "job-1" && json["next"] != .null)
        let lines = await bench.run("jobs", "list", "--search", "job-5", "-o", "jsonl").lines
        #expect(lines.count == 11)
        #expect(try lines.allSatisfy { try JSONValue(parsing: $0)["state"] == "active" })
        let wide = await bench.run(
            "jobs", "list", "-n", "1", "-o", "wide", "--sort", "name", "--order", "desc", "--utc")
        #expect(
            wide.output.contains("GET https://api.example.com/job-9") && wide.output.contains("2026-03-15 11:00:00Z"))
        #expect(await CLIBench().run("jobs", "list").errors == "There are no such jobs.\n")
    }

    @Test("Dates, skips, clones, health, history and explanations of a job are shown")
    func insight() async throws {
        let bench = CLIBench()
        let id = try await bench.job("report")
        let preview = await bench.run("jobs", "preview", "report", "--count", "2", "--utc").lines
        #expect(
            preview.map { String($0.prefix(20)) } == [
                "DATE                ", "2026-03-15 11:00:00Z", "2026-03-15 12:00:00Z",
            ])
        let would = await bench.run(
            "jobs", "preview", "--name", "n", "--cron", "* 9 * * *", "--url", "https://x.example/", "--count", "1",
            "--utc")
        #expect(would.output.contains("2026-03-16 09:00:00Z") && would.errors.contains("warning: "))
        #expect(await bench.run("jobs", "skip", id, "2").output == "report skips its next 2 runs.\n")
        let clone = await bench.run("jobs", "clone", "report", "--name", "The Copy", "-o", "json")
        #expect(clone.member("slug") == "the-copy")
        #expect(await bench.run("jobs", "health", "report").output.contains("score"))
        #expect(await bench.run("jobs", "history", "report").errors == "Nothing has happened yet.\n")
        #expect(await bench.run("jobs", "explain", "report", "--at", "now+30m").output.contains("is not an occurrence"))
        #expect(await bench.run("jobs", "deps", "report").exit == .done)
        #expect(await bench.run("jobs", "pause", "report", "--until", "now+1h", "--reason", "why").exit == .done)
        let shown = await bench.run("jobs", "get", "report", "--utc").output
        #expect(shown.contains("why") && shown.contains("2026-03-15 11:00:00Z (in 1 h)"))
        await bench.clock.advance(by: .seconds(7_200), driving: [])
        let backfill = await bench.run("jobs", "backfill", "report", "--from", "now-2h", "-o", "json").json
        #expect(backfill["created"] == 2)
    }

    @Test("An edit of the expression keeps the zone and the calendars, and --zone alone moves it")
    func zones() async throws {
        let bench = CLIBench()
        let create = ["jobs", "create", "--name", "j", "--url", "https://example.com/"]
        _ = await bench.run(create + ["--cron", "0 9 * * *", "--zone", "Europe/Berlin"])
        let id = try #require(try await bench.scheduler.jobs().items.first).id
        try await bench.scheduler.update(id) { definition in
            definition.schedule = definition.schedule.excluding(.weekdays([.sunday]))
        }
        func schedule() async throws -> String {
            let json = await bench.run("jobs", "get", "j", "-o", "json").json["schedule"]
            return "\(json?["cron"]?.text ?? "") \(json?["timezone"]?.text ?? "") \(json?["calendars"] == nil)"
        }
        #expect(await bench.run("jobs", "edit", "j", "--cron", "30 9 * * *").exit == .done)
        #expect(try await schedule() == #""30 9 * * *" "Europe/Berlin" false"#)
        #expect(await bench.run("jobs", "edit", "j", "--zone", "Asia/Tokyo").exit == .done)
        #expect(try await schedule() == #""30 9 * * *" "Asia/Tokyo" false"#)
        #expect(await bench.run("jobs", "edit", "j", "--cron", "0 8 * * *", "--zone", "UTC").exit == .done)
        #expect(try await schedule() == #""0 8 * * *" "UTC" false"#)
        _ = await bench.run(["jobs", "create", "--name", "i", "--url", "https://example.com/", "--every", "1h"])
        #expect(await bench.run("jobs", "edit", "i", "--zone", "UTC").errors.contains("--zone needs --cron or --at"))
    }

    @Test("Occurrences that are to be skipped are seen before they are skipped")
    func skips() async throws {
        let bench = CLIBench()
        _ = try await bench.job("report")
        #expect(await bench.run("jobs", "skip", "report", "2").exit == .done)
        let shown = await bench.run("jobs", "get", "report", "--utc").output
        #expect(shown.contains("2 occurrences, from 2026-03-15 11:00:00Z on"), "\(shown)")
        #expect(shown.contains("2026-03-15 13:00:00Z (in 3 h)"))
        #expect(await bench.run("jobs", "list").output.contains("in 3 h (skips 2)"))
        #expect(await bench.run("timers", "--utc").output.contains("2026-03-15 13:00:00Z (skips 2)"))
        for (hour, isSkipped) in [(11, true), (12, true), (13, false)] {
            let told = await bench.run("jobs", "explain", "report", "--at", "2026-03-15T\(hour):00:00Z").output
            #expect(told.contains("it is not due yet") && told.contains("will be skipped") == isSkipped, "\(told)")
        }
        #expect(await bench.run("jobs", "skip", "report", "0").exit == .done)
        #expect(await bench.run("jobs", "list").output.contains("skips") == false)
    }

    @Test(
        "A preview needs only a schedule, a misspelled member is told first, and a past date says that it runs at once")
    func drafts() async throws {
        let bench = CLIBench()
        let preview = await bench.run("jobs", "preview", "--cron", "0 9 * * *", "--count", "1", "--utc")
        #expect(preview.exit == .done && preview.output.contains("2026-03-16 09:00:00Z"), "\(preview)")
        let scratch = try Scratch()
        let file = try scratch.write(#"{"name": "a", "shedule": {"cron": "0 9 * * *"}}"#, to: "job.json")
        let misspelled = await bench.run("jobs", "create", "-f", file, "--url", "https://example.com/")
        #expect(misspelled.exit == .refused && misspelled.errors.contains("Did you mean schedule?"), "\(misspelled)")
        let past = await bench.run(
            "jobs", "create", "--name", "p", "--at", "2020-01-01T00:00:00Z", "--url", "https://example.com/")
        #expect(past.output.contains("Its date is past, so it is due at once."), "\(past)")
        let wrong = await bench.run(
            "jobs", "create", "--name", "h", "--every", "1h", "--url", "https://example.com/", "-H", "X-A=b")
        #expect(wrong.exit == .usage && wrong.errors.contains("Accept: text/plain"), "\(wrong)")
        #expect(await bench.run("jobs", "pause").errors.contains("Name a job, or give a filter."))
        #expect(await bench.run("executions", "cancel").errors.contains("Name an execution, or give a filter."))
    }

    @Test("An explanation has its dates in the zone that is asked for, and is without advice for Swift")
    func explanations() async throws {
        let bench = CLIBench()
        _ = try await bench.job("report")
        let told = await bench.run("--zone", "Europe/Berlin", "jobs", "explain", "report", "--at", "now+30m").output
        #expect(told.contains("2026-03-15 11:30:00+01:00 is not an occurrence"), "\(told)")
        #expect(told.contains("The next is 2026-03-15 12:00:00+01:00"))
        let run = try #require(await bench.run("jobs", "run", "report", "-o", "json").member("id"))
        let waiting = await bench.run("executions", "explain", run).output
        #expect(waiting.contains("this scheduler is not running") && !waiting.contains("`"), "\(waiting)")
        await bench.clock.advance(by: .seconds(7_200), driving: [])
        let late = await bench.run("jobs", "explain", "report", "--at", "2026-03-15T11:00:00Z").output
        #expect(late.contains("Is a scheduler running?") && !late.contains("`"), "\(late)")
    }
}
