import RotaStore

extension JobAttributes {
    func validate(_ check: FieldCheck) throws(SchedulerError) {
        guard self != .none else { return }
        try check.length(of: slug, "The slug", 1...255)
        if let slug, let wrong = slug.unicodeScalars.first(where: { !Self.isUnreserved($0) }) {
            throw check.fail(
                "A slug stands in URLs as it is, so it has only letters a–z and A–Z, digits, and - . _ ~ "
                    + "(RFC 3986 §2.3); “\(slug)” has “\(wrong)”.", value: slug)
        }
        try check.length(of: description, "The description", 0...2000)
        try check.length(of: project, "The project", 1...255)
        try check.length(of: group, "The group", 1...255)
        try check.length(of: environment, "The environment", 1...255)
        try check.tags(tags)
    }

    private static func isUnreserved(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": true
        default: false
        }
    }
}
