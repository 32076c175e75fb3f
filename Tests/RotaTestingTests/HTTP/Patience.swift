/// The deadline of requests whose test is not about deadlines: a busy machine may take long, but a hang must end.
let patience = Duration.seconds(300)
