import Foundation
import Rota
import RotaTesting

/// A small server for the jobs of the tour to call.
enum Receiver {
    /// Starts the server: `/flaky` answers 503 to the first two attempts of every execution, everything else 200.
    static func start() async throws -> LoopbackServer {
        try await LoopbackServer { request in
            let attempt = request.headers["X-Cron-Service-Attempt"].flatMap { Int($0) } ?? 1
            guard request.path == "/flaky", attempt < 3 else { return .status(200, text: #"{"ok":true}"#) }
            return .status(503, text: "try again")
        }
    }
}
