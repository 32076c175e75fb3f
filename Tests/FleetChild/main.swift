// One process of a fleet, which Tests/Scripts/fleet-kill starts and kills:
//
//     fleet-child prepare DATABASE START PAIRS    makes the tables and the jobs
//     fleet-child work DATABASE NAME DIARY        runs a scheduler until it is ended
//     fleet-child dump DATABASE                   prints every execution and skip, one JSON object a line
//
// And what Tests/Scripts/postgres-model runs:
//
//     fleet-child model DATABASE OPERATIONS SEED  compares stores with the model under random operations

#if Postgres
    import Foundation
    import RotaPostgres

    let arguments = Array(CommandLine.arguments.dropFirst())

    func argument(_ index: Int) -> String { index < arguments.count ? arguments[index] : "" }

    guard arguments.count >= 2 else {
        print("usage: fleet-child prepare | work | dump | model DATABASE …")
        exit(2)
    }
    let database = try PostgresConfiguration(arguments[1], statementTimeout: .seconds(5))
    switch arguments[0] {
    case "prepare":
        let start = Date(timeIntervalSince1970: Double(argument(2)) ?? 0)
        try await FleetWork.prepare(database, from: start, pairs: Int(argument(3)) ?? 1)
    case "work": try await FleetWork(name: argument(2), diary: argument(3)).run(on: database)
    case "dump": try await FleetDump.write(of: database)
    case "model":
        await StoreModel(database).compare(Int(argument(2)) ?? 1200, seed: UInt64(argument(3)) ?? 1)
    default: exit(2)
    }
#else
    print("Build it with PostgreSQL: swift build --traits Postgres --product fleet-child")
#endif
