use super::*;
use crate::syntax::Language;

fn source(text: &str) -> Source {
    Source::from_bytes("main.rs".as_ref(), text.as_bytes(), Language::Rust).unwrap()
}

/// The sites of a function with this body, which knows a client, some addresses and a list for results.
fn sites(body: &str) -> (Source, Vec<Analysis>) {
    let text = format!(
        "async fn main_loop(client: &Client, urls: &[String], out: &mut Vec<String>) -> Result<(), Error> {{\n{body}\n}}\n"
    );
    let source = source(&text);
    let found = analyse(&source);
    (source, found)
}

/// The stages of the only site: source, target, prepare, work, consume.
fn staged(body: &str) -> (Vec<String>, Pipeline, Vec<String>) {
    let (source, mut found) = sites(body);
    assert_eq!(found.len(), 1, "{found:#?}");
    let site = found.remove(0);
    assert!(site.obstacles.is_empty(), "{:#?}", site.obstacles);
    let pipeline = site.pipeline.unwrap();
    let text = |s: &Span| source.slice(*s).to_string();
    let join = |all: Vec<String>| all.join(" | ");
    let prepare = pipeline.prepare.iter().map(|s| format!("{:?} {}", s.stage, text(&s.span))).collect();
    let consume = pipeline.consume.iter().map(text).collect();
    let parts =
        vec![text(&pipeline.source), text(&pipeline.target), join(prepare), text(&pipeline.work), join(consume)];
    let cautions = site.cautions.iter().map(|c| format!("{} {}", c.code, text(&c.span.span))).collect();
    (parts, pipeline, cautions)
}

/// The code of the only site's obstacle, and the texts at both its ends.
fn refused(body: &str) -> String {
    let (source, found) = sites(body);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].pipeline.is_none() && found[0].cautions.is_empty());
    let obstacle = &found[0].obstacles[0];
    let other = obstacle.other_span.as_ref().map_or("", |o| source.slice(o.span));
    format!("{}: {} <- {other}", obstacle.code, source.slice(obstacle.span.span))
}

#[test]
fn a_loop_is_staged() {
    let (parts, pipeline, cautions) = staged(
        "for (n, url) in urls.iter().enumerate() {
            let full = format!(\"{url}?page=1\");
            let label = n + 1;
            let reply = client.get(&full).header(\"n\", label).send().await;
            println!(\"{label} {}\", reply.is_ok());
        }
        Ok(())",
    );
    assert_eq!(
        parts,
        [
            "urls.iter().enumerate()",
            "(n, url)",
            "Moved let full = format!(\"{url}?page=1\"); | Copied let label = n + 1;",
            "client.get(&full).header(\"n\", label).send().await",
            "let label = n + 1; | let reply = client.get(&full).header(\"n\", label).send().await; | println!(\"{label} {}\", reply.is_ok());",
        ]
    );
    assert_eq!((pipeline.call.path.as_str(), pipeline.call.effect), ("get.header.send", Effect::Read));
    assert!(pipeline.protected && pipeline.exits.is_empty() && pipeline.carried.is_empty() && cautions.is_empty());
}

#[test]
fn a_request_in_a_match_and_in_an_async_block_around_the_loop() {
    let (parts, ..) = staged(
        "run(async { for u in 0..urls.len() {
            match client.get(&urls[u]).send().await { Ok(r) => out.push(r), Err(e) => eprintln!(\"{e}\") }
        } })",
    );
    assert_eq!(parts[3], "client.get(&urls[u]).send().await");
    let (parts, ..) = staged("for u in urls { reqwest::get(u).await; }");
    assert_eq!(parts[2..], ["", "reqwest::get(u).await", ""]);
}

#[test]
fn a_carried_value_that_no_call_needs_is_named() {
    let (_, pipeline, cautions) = staged(
        "let mut total = 0;
        for url in urls {
            let reply = fetch(client, url).await;
            total += reply.len();
            out.push(reply);
        }
        Ok(())",
    );
    assert_eq!((pipeline.carried, cautions.len()), (vec!["total".to_string(), "out".into()], 0));
}

#[test]
fn a_carried_value_that_the_call_needs_is_an_obstacle_with_both_ends() {
    let body =
        "let mut last = String::new();\nfor url in urls { let q = format!(\"{url}{last}\"); last = fetch(q).await; }";
    assert_eq!(refused(body), "PM101: \"{url}{last}\" <- last");
    let (source, found) = sites(body);
    let obstacle = &found[0].obstacles[0];
    assert_eq!(source.slice(obstacle.other_span.as_ref().unwrap().span), "last");
    assert_ne!(obstacle.span.span, obstacle.other_span.as_ref().unwrap().span);
    // Through a method, a `&mut`, a macro, a reference that is handed on, and by the call itself.
    for body in [
        "for url in urls { let r = fetch(url, out.len()).await; out.push(r); }",
        "let mut n = 0; for url in urls { let r = fetch(n).await; bump(&mut n, r); }",
        "let mut b = String::new(); for url in urls { let r = fetch(&b).await; write!(b, \"{}\", r); }",
        "for url in urls { let r = fetch(out.len()).await; keep(out, r); }",
        "let mut c = connect(); for url in urls { let r = c.get(url).await; }",
        "let seen = RefCell::new(0); for url in urls { let r = fetch(seen.get(), 1).await; seen.set(r); }",
    ] {
        assert!(refused(body).starts_with("PM101"), "{body}");
    }
}

#[test]
fn fields_and_names_of_an_inner_block_are_told_apart() {
    let text = "impl Bot { async fn run(&mut self, urls: Vec<String>) { for u in urls {
        let r = self.client.get(u).send().await;
        self.count += 1;
        { let mut u = 1; u += 1; }
    } } }";
    let site = &analyse(&source(text))[0];
    assert_eq!((site.obstacles.len(), site.call.as_str()), (0, "self.client.get.send"));
    let text = text.replace("self.count += 1", "self.log(r)");
    assert_eq!(analyse(&source(&text))[0].obstacles[0].code, Code::CARRIED);
}

#[test]
fn exits_are_cautions() {
    let (_, pipeline, cautions) = staged(
        "for url in urls {
            let reply = client.get(url).send().await;
            for c in reply.chunks() { if c.is_empty() { break; } }
            if reply.is_err() { break; }
        }
        Ok(())",
    );
    assert_eq!((pipeline.exits.len(), cautions), (1, vec!["PM105 break".to_string()]));
    let (_, pipeline, cautions) = staged("for url in urls { let reply = client.get(url).send().await?; } Ok(())");
    assert_eq!((pipeline.exits[0].what.as_str(), cautions), ("?", vec!["PM105 ?".to_string()]));
    assert!(!pipeline.protected);
    let (_, pipeline, cautions) = staged("for url in urls { out.push(client.get(url).send().await.unwrap()); }");
    assert_eq!((pipeline.exits[0].what.as_str(), cautions.len()), ("unwrap", 0), "a panic is no choice");
    for exit in [
        "return Ok(());",
        "println!(\"{}\", f()?);",
        "select!(x => return);",
        "std::process::exit(1);",
        "bail!(\"x\");",
    ] {
        let (_, _, cautions) = staged(&format!("for url in urls {{ reqwest::get(url).await; {exit} }} Ok(())"));
        assert_eq!(cautions.len(), 1, "{exit}");
    }
    let (_, pipeline, _) = staged("for url in urls { reqwest::get(url).await; let f = || -> Option<()> { g()? }; }");
    assert!(pipeline.exits.is_empty(), "a closure's own");
}

#[test]
fn loops_without_an_end_are_refused() {
    assert_eq!(
        refused("while let Some(url) = queue.pop() { let r = client.get(url).send().await; queue.extend(r); }"),
        "PM105: while let Some(url) = queue.pop()  <- "
    );
    assert!(refused("loop { if client.get(\"u\").send().await.is_ok() { break; } }").starts_with("PM105: loop"));
}

#[test]
fn what_is_not_understood_is_said() {
    for body in [
        "for url in urls { client.get(url).send().await?.text().await?; }",
        "for url in urls { tokio::spawn(async move { client.get(url).send().await }); }",
        "for url in urls { let f = || async { fetch(url).await }; f(); }",
        "for url in urls { println!(\"{}\", fetch(url).await); }",
        "for url in urls { if url.len() > 3 { fetch(url).await; } }",
        "for url in urls { let ok = url.len() > 3 && fetch(url).await; }",
        "for url in urls { if url.is_empty() { continue; } fetch(url).await; }",
        "'all: for url in urls { for c in url.chars() { continue 'all; } fetch(url).await; }",
        "for url in urls { let mut q = client.get(url); q = q.header(1); q.send().await; }",
        "for url in urls { for page in 0..3 { log().await; } fetch(url).await; }",
    ] {
        assert!(refused(body).starts_with("PM100"), "{body}: {}", refused(body));
    }
    assert!(refused("for url in urls { fetch(url).await; sleep(SECOND).await; }").starts_with("PM120: sleep(SECOND)"));
}

#[test]
fn other_loops_are_no_sites() {
    for body in [
        "for url in urls { out.push(url.len()); }",
        "for url in urls { tx.send(url).await; }",
        "for url in urls { lock.lock().await; }",
        "for url in fetch(urls).await { out.push(url); }",
        "for url in urls { println!(\"fetch(url).await\"); }",
        "futures::future::join_all(urls.iter().map(|u| async move { client.get(u).send().await })).await;",
    ] {
        assert_eq!(sites(body).1.len(), 0, "{body}");
    }
}

#[test]
fn broken_text_is_no_trouble() {
    let text = "async fn run(client: &Client, urls: Vec<String>) -> Result<()> {
    let mut last = 0;
    for (i, url) in urls.iter().enumerate() {
        let Some(full) = format!(\"{url}é\") else { continue };
        let r = match client.get(&full).json(&last).send().await { Ok(r) => r, Err(e) => return Err(e) };
        println!(\"{}\", r.text().await?);
        if let Some(x) = r && i > 3 { last += 1; break 'a; }
    }
    while let Some(u) = q.pop() { s!(a.b(u).await); }
}\n";
    let mut parsed = 0;
    for end in 0..=text.len() {
        for part in [&text.as_bytes()[..end], &text.as_bytes()[end..]] {
            if let Ok(source) = Source::from_bytes("main.rs".as_ref(), part, Language::Rust) {
                parsed += 1;
                analyse(&source);
            }
        }
    }
    assert!(parsed > 2, "some prefix parses");
}
