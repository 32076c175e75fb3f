import Foundation
import Rota

/// What the command line asks for.
struct Options {
    var seconds = 10.0
    var crontab: String?
    var state = "rota-quickstart-state"
    var allowedHosts: [String] = []

    static let usage = """
        usage: quickstart [--seconds N] [--state FOLDER]
               quickstart --crontab FILE [--state FOLDER] [--allow HOST]…

          --seconds N      stop after N seconds (10)
          --state FOLDER   where jobs and executions are remembered (./rota-quickstart-state)
          --crontab FILE   schedule the lines “<cron> <url>” of a file until Ctrl-C, instead of the tour
          --allow HOST     a host that --crontab may call although it is not on the public Internet
        """

    init(_ arguments: some Sequence<String>) throws(UsageError) {
        var arguments = arguments.makeIterator()
        while let flag = arguments.next() {
            guard flag != "--help", flag != "-h" else { throw UsageError(message: nil) }
            guard ["--seconds", "--crontab", "--state", "--allow"].contains(flag) else {
                throw UsageError(message: "There is no option \(flag).")
            }
            guard let value = arguments.next() else { throw UsageError(message: "\(flag) needs a value.") }
            switch flag {
            case "--crontab": crontab = value
            case "--state": state = value
            case "--allow": allowedHosts.append(value)
            default:
                guard let seconds = Double(value), (0.1...86_400).contains(seconds) else {
                    throw UsageError(message: "--seconds is a number from 0.1 to 86400, not “\(value)”.")
                }
                self.seconds = seconds
            }
        }
    }
}

/// The command line cannot be understood, or asks for help.
struct UsageError: Error {
    /// What is wrong, or `nil` if only help was asked for.
    let message: String?
}

extension Crontab {
    /// Reads a file.
    init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UsageError(message: "The file \(path) cannot be read.")
        }
        try self.init(String(decoding: data, as: UTF8.self))
    }
}
