//! Records field by field, and small arrays item by item.

use super::plan::{Fault, Plan, Run, Step};
use super::strided::{gather, scatter};
use crate::model::buffer::zeros;
use crate::{DType, Error, RecordType, Result, SubArray};

/// The step between two records or two sub-arrays; `None` when they are neither.
pub(super) fn step(from: &DType, to: &DType, checked: bool) -> Result<Option<Box<dyn Step>>> {
    Ok(match (from, to) {
        (DType::Record(from), DType::Record(to)) => Some(Box::new(Fields(fields(from, to, checked)?))),
        (DType::SubArray(from), DType::SubArray(to)) if from.dims() == to.dims() => {
            Some(Box::new(sub_array(from, to, checked)?))
        }
        _ => None,
    })
}

/// One field of a record, from where to where.
struct Move {
    name: String,
    from: usize,
    to: usize,
    plan: Plan,
}

impl Move {
    /// The items of the field, one after another.
    #[inline(never)]
    fn collect(&self, run: &Run<'_>) -> Result<Vec<u8>, Fault> {
        let size = self.plan.source_size();
        let mut collected = zeros(size * run.items).map_err(Fault::stopped)?;
        gather(run.source, run.from, self.from, size, &mut collected).ok_or_else(Fault::lost)?;
        Ok(collected)
    }
}

/// Each field is collected, converted and put in its place.
struct Fields(Vec<Move>);

/// Fields are matched by position, as NumPy assigns records.
fn fields(from: &RecordType, to: &RecordType, checked: bool) -> Result<Vec<Move>> {
    let (ours, theirs) = (from.fields(), to.fields());
    if ours.len() != theirs.len() {
        return Err(Error::unsupported(format!(
            "casting a record of {} fields to one of {} is not supported",
            ours.len(),
            theirs.len()
        )));
    }
    let fields = ours.iter().zip(theirs);
    fields
        .map(|(from, to)| {
            let plan =
                Plan::new(from.dtype(), to.dtype(), checked).map_err(|error| error.in_path(from.name()))?;
            Ok(Move { name: from.name().to_owned(), from: from.offset(), to: to.offset(), plan })
        })
        .collect()
}

impl Step for Fields {
    fn run(&self, run: Run<'_>) -> Result<(), Fault> {
        run.target.fill(0);
        for field in &self.0 {
            let to = field.plan.target_size();
            let collected = field.collect(&run)?;
            let mut converted = zeros(to * run.items).map_err(Fault::stopped)?;
            field
                .plan
                .run(&collected, &mut converted, run.items)
                .map_err(|fault| fault.within(&field.name))?;
            scatter(&converted, to, run.target, run.to, field.to).ok_or_else(Fault::lost)?;
        }
        Ok(())
    }
}

/// The plan of the innermost items, and how many of them there are in an item.
struct Small {
    plan: Plan,
    each: usize,
}

fn sub_array(from: &SubArray, to: &SubArray, checked: bool) -> Result<Small> {
    let plan = Plan::new(from.item(), to.item(), checked)?;
    Ok(Small { plan, each: from.dims().iter().product() })
}

impl Step for Small {
    fn run(&self, run: Run<'_>) -> Result<(), Fault> {
        let Run { source, target, items, .. } = run;
        self.plan.run(source, target, items * self.each).map_err(|mut fault| {
            // Without items none is at fault.
            fault.item /= self.each.max(1);
            fault
        })
    }
}
