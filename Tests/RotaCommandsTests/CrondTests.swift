import Foundation
import Rota
import RotaCommands
import RotaTesting
import Testing

@testable import crond

@Suite("The cron daemon of the examples", .timeLimit(.minutes(2)))
struct CrondTests {
    @Test("A crontab has commands, settings, input after a percent sign, and errors with their lines")
    func parsing() throws {
        let table = CommandTable(
            #"""
            # a comment
            SHELL=/bin/bash
            CRON_TZ=Europe/Berlin
            MAILTO = "ops@example.com"
            GREETING='hello  world'
            30 2 * * 1-5  echo "$GREETING"  \% > /tmp/x
            @daily cat%first%sec\%ond
            @every 5m true
            @reboot start
            61 * * * * late
            5 4 * * *
            CRON_TZ=Mars/Base
            """#, zone: "UTC")
        try #require(table.lines.map(\.number) == [6, 7, 8, 9])
        #expect(table.lines[0].command.script == #"echo "$GREETING"  % > /tmp/x"#)
        #expect(table.lines[0].command.environment["GREETING"] == "hello  world")
        #expect(table.lines[0].command.shell == "/bin/bash")
        #expect(table.lines[0].schedule == (try Schedule.cron("30 2 * * 1-5", in: "Europe/Berlin", dialect: .vixie)))
        #expect(table.lines[1].command.script == "cat")
        #expect(table.lines[1].command.input == "first\nsec%ond\n")
        #expect(table.lines[2].command.script == "true")
        #expect(table.lines[3].schedule == nil)
        #expect(table.problems.map(\.number) == [10, 11, 12])
        #expect(table.notes.map(\.number) == [4])
    }

    @Test("Reloading an edited crontab changes only what differs, and a mistake changes nothing")
    func reload() async throws {
        let scratch = try Scratch()
        func write(_ text: String) throws {
            try text.write(toFile: scratch.file("crontab"), atomically: true, encoding: .utf8)
        }
        try write("0 3 * * * backup\n@hourly refresh\n@daily refresh\n")
        let daemon = try await Daemon(crontab: scratch.file("crontab"), store: InMemoryJobStore())
        let first = try await daemon.load()
        #expect(first.jobs.map(\.name) == ["backup", "refresh", "refresh (2)"])
        try write("0 4 * * * backup\n@hourly refresh\n@weekly clean\n")
        let second = try await daemon.load()
        #expect(second.updated.map(\.job.id) == [first.jobs[0].id])
        #expect(second.created.map(\.name) == ["clean"])
        #expect(second.removed.map(\.id) == [first.jobs[2].id])
        try write("0 4 * * * backup\n99 * * * * refresh\n")
        let error = await #expect(throws: Mistake.self) { try await daemon.load() }
        #expect(error?.description.contains("line 2") == true)
        #expect(try await daemon.scheduler.jobs().items.count == 3)
    }

    @Test("A line runs by its shell, with its environment and input")
    func line() async throws {
        let table = CommandTable("NAME=value\nHOME=/\n@reboot pwd; echo $NAME; cat%in%put")
        let execution = try await CommandRig().run(Daemon.handler(for: table.lines[0].command))
        #expect(execution.command?.output.text == "/\nvalue\nin\nput\n")
    }

    @Test("The timers are listed with the next one first")
    func timers() throws {
        let drafts = try CommandTable("0 12 * * * noon\n0 6 * * * dawn\n@reboot once", zone: "UTC").drafts()
        let now = Date(timeIntervalSince1970: 1_750_000_000)
        #expect(
            Timers.table(drafts, jobs: [], now: now) == """
                NEXT                  LEFT       LAST  PASSED  COMMAND
                2025-06-16 06:00:00Z  14h 53min  -     -       dawn
                2025-06-16 12:00:00Z  20h 53min  -     -       noon
                -                     -          -     -       once
                """)
    }
}
