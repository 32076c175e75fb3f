import Foundation
import Rota

/// The options of the command line.
struct Options {
    var seconds = 10.0
    var crontab: String?
    var state = "rota-quickstart-state"
    var allowedHosts: [String] = []

    static let usage = """
        usage: quickstart [--seconds N] [--state FOLDER]
               quickstart --crontab FILE [--state FOLDER] [--allow HOST]…

          --seconds N      stop after N seconds (10)
          --state FOLDER   where jobs and executions are stored (./rota-quickstart-state)
          --crontab FILE   schedule the lines "<cron> <url>" of a file until Ctrl-C, instead of the tour
          --allow HOST     a host that --crontab may call although it is not on the public Internet
        """

    init(_ arguments: some Sequence<String>) throws(UsageError) {
        var arguments = arguments.makeIterator()
        while let flag = arguments.next() {
            guard flag != "--help", flag != "-h" else { throw UsageError(message: nil) }
            guard ["--seconds", "--crontab", "--state", "--allow"].contains(flag) else {
                throw UsageError(message: "Unknown option \(flag).")
            }
            guard let value = arguments.next() else { throw UsageError(message: "\(flag) needs a value.") }
            switch flag {
            case "--crontab": crontab = value
            case "--state": state = value
            case "--allow": allowedHosts.append(value)
            default:
                guard let seconds = Double(value), (0.1...86_400).contains(seconds) else {
                    throw UsageError(message: "--seconds must be a number from 0.1 to 86400, not \"\(value)\".")
                }
                self.seconds = seconds
            }
        }
    }
}

/// An invalid command line, or a request for help.
struct UsageError: Error {
    /// The reason, or `nil` for help.
    let message: String?
}

extension Crontab {
    /// Reads a crontab from a file.
    init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UsageError(message: "The file \(path) cannot be read.")
        }
        try self.init(String(decoding: data, as: UTF8.self))
    }
}
