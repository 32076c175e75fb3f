import RotaStore

extension JobDefinition {
    /// Checks the breaker's policy and the rules of the notices.
    func validateTrouble() throws {
        try breaker?.validate()
        guard notifications.count <= 20 else {
            throw SchedulerError(
                .invalidJob, "A job may have 20 notification rules; this has \(notifications.count).",
                value: "\(notifications.count)")
        }
        for rule in notifications {
            switch rule.channel {
            case .handler(let name):
                guard !name.isEmpty else {
                    throw SchedulerError(
                        .invalidJob,
                        "The name of the handler that job “\(self.name)” sends its notifications to is empty.")
                }
            case .webhook(let url, let secret):
                try NotificationDelivery(url: url, secret: secret, signature: .standard).validate()
            }
        }
    }
}
