//! Answers that go before settings, and answers that can no longer be carried out.

use super::*;

/// A customer that looks like contact 1, which cannot be told from another as well.
fn joinery() -> World {
    world().organisation(1, "Acme Joinery Limited").customer(8, "Acme Joinery Ltd")
}

#[test]
fn b09_an_answer_goes_before_the_setting() {
    for near_match in [NearMatch::LinkStrong, NearMatch::Create, NearMatch::Ask] {
        let mut answered = joinery().answered(&Choice::Create);
        answered.policy.near_match = near_match;
        check(&answered, &["create Acme Joinery Ltd for customer:8"]);
        let mut answered = joinery().answered(&Choice::Link(ContactId(1)));
        answered.policy.near_match = near_match;
        check(&answered, &["link customer:8 to 1 (answer)"]);
    }
}

/// What next week's plan makes of a world whose question is as the present plan leaves it.
fn asked_once_more(mut world: World) -> World {
    let plan = world.plan();
    let question = world.local.questions.get_mut(&QuestionId(1)).unwrap();
    question.asked = plan.questions[0].clone();
    question.answers.clear();
    world
}

#[test]
fn an_answer_for_a_contact_that_is_out_of_reach_is_asked_again_and_never_becomes_a_create() {
    let lost = |world: World, how: &str| {
        let mut world = world.answered(&Choice::Link(ContactId(1)));
        match how {
            "deleted" => drop(world.local.deleted.insert(ContactId(1), now())),
            "hidden" => drop(world.local.hidden.insert(ContactId(1))),
            "gone" => drop(world.snapshot.contacts.remove(&ContactId(1))),
            "masked" => return world.edit(1, |contact| contact.restricted = true),
            _ => panic!("{how}"),
        }
        world
    };
    for how in ["deleted", "hidden", "gone", "masked"] {
        let ask = "ask suggested_match for customer:8: create ignore";
        let mut world = lost(joinery(), how);
        for time in 0..3 {
            check(&world, &[ask]);
            let asked = &world.plan().questions[0];
            assert_eq!(asked.candidates.len(), 1, "{how} {time}: the lost one is shown");
            assert_eq!(asked.because, "the contact that was chosen cannot be linked any more");
            assert!(world.plan().settling.is_empty());
            world = asked_once_more(world);
        }
        check(&world.answered(&Choice::Create), &["create Acme Joinery Ltd for customer:8"]);
        // With another exact match left, that one is not taken either.
        let two = self::world()
            .organisation(1, "Acme Joinery Ltd")
            .organisation(2, "Acme Joinery Ltd")
            .customer(8, "Acme Joinery Ltd");
        check(&lost(two, how), &["ask several_matches for customer:8: link:2 create ignore"]);
    }
    // A contact that is back is an ordinary suggestion.
    let mut back = asked_once_more(lost(joinery(), "hidden"));
    back.local.hidden.clear();
    check(&back, &["ask suggested_match for customer:8: link:1 create ignore"]);
    // Without an answer nothing was chosen.
    let mut open = joinery();
    open.local.hidden.insert(ContactId(1));
    check(&open, &["create Acme Joinery Ltd for customer:8"]);
}
