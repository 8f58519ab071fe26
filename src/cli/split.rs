//! `s` of `perfmod rewrite -i`: a patch without some of the recipes that add to it.
//!
//! A site gets one patch, composed of what restructures its loop and of what adds to that: answers that are kept, a retry,
//! a bar. Who wants the one without the other takes it apart here; what is left is planned and run anew.

use super::{Failure, say};
use crate::catalog::transforms::Transforms;
use crate::engine::{Engine, FilePlan, Options};
use crate::facts::Site;
use std::collections::BTreeSet;

/// The recipes of a site's patch that only add to it, in their order.
pub(super) fn parts(engine: &Engine, site: &Site) -> Vec<String> {
    let adds = |id: &&String| engine.recipes.iter().any(|r| r.id == **id && r.adds);
    site.recipes.iter().filter(adds).cloned().collect()
}

/// Puts in the place of a patch the one without some recipes; false, with the reason said, where there is none.
pub(super) fn without(
    engine: &Engine,
    transforms: &Transforms,
    file: &mut FilePlan,
    at: usize,
    left_out: &BTreeSet<String>,
    log: &mut dyn FnMut(&str),
) -> Result<bool, Failure> {
    let names = left_out.iter().cloned().collect::<Vec<_>>().join(", ");
    let site = &file.sites[file.patches[at].site];
    let (line, column) = (site.line, site.column);
    log(&format!("{}:{line}: planning it without {names}", file.shown));
    let mut options: Options = engine.options.clone();
    options.skip.extend(left_out.iter().cloned());
    options.only.retain(|id| !left_out.contains(id));
    let leaner = Engine::with(transforms, options)?;
    let planned = leaner.rewrite(&[file.path.clone()], log)?.files.into_iter().next();
    let stands = |plan: &FilePlan, at: usize| {
        let site = &plan.sites[plan.patches[at].site];
        (site.line, site.column) == (line, column) && leaner.may_apply(plan, at)
    };
    let found = planned.and_then(|plan| (0..plan.patches.len()).find(|&other| stands(&plan, other)).map(|o| (plan, o)));
    let Some((plan, other)) = found else {
        say(&format!("{}:{line}: without {names} there is no patch that may be applied", file.shown));
        return Ok(false);
    };
    if !file.take_patch(at, plan, other) {
        say(&format!("{}: a file has changed since it was read; run perfmod again", file.shown));
        return Ok(false);
    }
    Ok(true)
}
