/// The timeout of tests that are not about deadlines: long enough for a busy machine, but a hang still ends.
let patience = Duration.seconds(300)
