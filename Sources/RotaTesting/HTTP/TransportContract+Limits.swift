import Foundation
import RotaHTTP

extension TransportContract {
    /// Nothing hangs and nothing grows without bound.
    static let limits: [Check] = [
        Check("a huge body is cut or refused") { transport in
            try await requireBounded(.large(100_000_000), transport)
        },
        Check("a huge body without a length is cut or refused") { transport in
            try await requireBounded(.large(100_000_000, isAnnounced: false), transport)
        },
        Check("a small body that unpacks to a huge one is cut or refused") { transport in
            try await requireBounded(.gzipBomb(12_000_000), transport)
        },
        Check("canceling ends a request that waits") { transport in
            let (arrivals, arrival) = AsyncStream<Void>.makeStream()
            try await withServer({ _ in
                arrival.yield()
                return .silence
            }) { server in
                for _ in 0..<20 {
                    let request = try HTTPRequest(url: server.url(), timeout: TransportContract.patience)
                    let task = Task { try await transport.send(request) }
                    for await _ in arrivals { break }
                    task.cancel()
                    try await requireCanceled(task)
                }
            }
        },
        Check("canceling ends a request that receives") { transport in
            try await withServer({ _ in .slow(Array(repeating: "x", count: 10_000), every: .milliseconds(1)) }) {
                server in
                for _ in 0..<5 {
                    let request = try HTTPRequest(url: server.url(), timeout: TransportContract.patience)
                    let task = Task { try await transport.send(request) }
                    task.cancel()
                    try await requireCanceled(task)
                }
            }
        },
        Check("a request of a canceled task is canceled, not sent") { transport in
            try await withServer({ _ in .status(200) }) { server in
                let request = try HTTPRequest(url: server.url(), timeout: TransportContract.patience)
                let task = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await transport.send(request)
                }
                try await requireCanceled(task)
            }
        },
        Check("canceling at any moment does no harm") { transport in
            try await withServer({ _ in .status(200, text: "ok") }) { server in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<200 {
                        let request = try HTTPRequest(
                            method: .post, url: server.url(), body: .text("hello"), timeout: TransportContract.patience)
                        group.addTask {
                            let task = Task { try await transport.send(request) }
                            for _ in 0..<(number % 7) { await Task.yield() }
                            task.cancel()
                            if case .failure(let error) = await task.result {
                                let code = (error as? TransportError)?.code
                                try ContractViolation.require(code == .canceled, "canceled, but got \(error)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let response = try await transport.send(
                    HTTPRequest(url: server.url(), timeout: TransportContract.patience))
                try ContractViolation.require(response.status == 200, "got \(response.status)")
            }
        },
    ]

    /// Requires that not more than 8 MB of a larger body come back.
    private static func requireBounded(_ answer: LoopbackResponse, _ transport: any HTTPTransport) async throws {
        try await withServer({ _ in answer }) { server in
            do {
                let response = try await transport.send(
                    HTTPRequest(url: server.url(), timeout: TransportContract.patience))
                try ContractViolation.require(response.bodyIsTruncated, "a cut body was not called truncated")
                try ContractViolation.require(
                    response.body.count <= 8_388_608, "\(response.body.count) bytes came back")
            } catch let error as TransportError {
                try ContractViolation.require(error.code == .tooLarge, "expected tooLarge, got \(error)")
            }
        }
    }

    private static func requireCanceled(_ task: Task<HTTPResponse, any Error>) async throws {
        switch await task.result {
        case .success(let response): throw ContractViolation("canceled, but got status \(response.status)")
        case .failure(let error):
            let code = (error as? TransportError)?.code
            try ContractViolation.require(code == .canceled, "expected canceled, got \(error)")
        }
    }
}
