package plan

// fuse is the plan's place for joining ops into one step.
func (b *build) fuse() {}
