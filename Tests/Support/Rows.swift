public import Testing

/// The rows of the acceptance table that a test proves.
///
/// `Tests/Scripts/rows` reads them from the text of the tests and writes `Tests/Rows.md`.
public struct Rows: TestTrait, SuiteTrait {
    /// The rows, such as `T-30`, or `S-19 to S-22` for several in a row.
    public let ids: [String]

    /// The rows as comments, which a failure prints.
    public var comments: [Comment] { ids.map { Comment(rawValue: $0) } }
}

extension Trait where Self == Rows {
    /// Names the rows that a test proves, all of them and no others.
    public static func rows(_ ids: String...) -> Rows {
        Rows(ids: ids)
    }
}

/// The rows that a test proves over HTTP: through the routes of `RotaAPI`, and not by a method of `Scheduler`.
public struct RouteRows: TestTrait, SuiteTrait {
    /// The rows, such as `T-28`, or `S-1 to S-17` for several in a row.
    public let ids: [String]

    /// The rows as comments, which a failure prints.
    public var comments: [Comment] { ids.map { Comment(rawValue: $0 + "/http") } }
}

extension Trait where Self == RouteRows {
    /// Names the rows that a test proves through a route.
    public static func routes(_ ids: String...) -> RouteRows {
        RouteRows(ids: ids)
    }
}
